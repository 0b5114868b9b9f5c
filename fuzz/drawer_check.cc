// SPDX-License-Identifier: MIT
#include "fuzz/drawer_check.h"

#include <algorithm>
#include <limits>
#include <random>
#include <set>
#include <tuple>

#include "fuzz/input.h"

namespace ipsetkv::fuzz {
namespace {

using Elements = std::vector<ipset::Element>;

bool is_counting(const ipset::SetHeader& header) {
  return header.type == ipset::SetType::kBitmapPort;
}

/// Changes the element as the kernel does when it stores it: a counter of all ones counts as not
/// given, so it is 0 (include/linux/netfilter/ipset/ip_set_counter.h, ip_set_init_counter).
void store(ipset::Element& element) {
  for (auto* const counter : {&element.packets, &element.bytes})
    if (*counter == std::numeric_limits<std::uint64_t>::max()) *counter = 0;
}

Elements encode(const format::DrawerContent& content) {
  Elements elements;
  format::DrawerEncoder encoder(content);
  ipset::Element element;
  while (encoder.next(element)) elements.push_back(element);
  return elements;
}

/// Requires distinct elements by address, protocol and port, which the kernel would take for one
/// otherwise, and no zero address, which it refuses.
void check_elements(const Elements& elements) {
  std::set<std::tuple<std::string, std::uint8_t, std::uint16_t>> seen;
  for (const ipset::Element& element : elements) {
    const std::string address = element.ip ? element.ip->to_string() : "";
    require(address != "0.0.0.0" && address != "::", "no element has the address zero");
    require(seen.emplace(address, element.protocol.value_or(0), *element.port).second,
            "no element occurs twice");
  }
}

ipset::SetHeader header_of(const format::DrawerContent& content, std::size_t elements) {
  const format::SetShape shape = format::shape_of(content.kind);
  ipset::SetHeader header;
  header.type = shape.type;
  header.family = shape.family;
  header.options = format::options_for(content);
  header.elements = static_cast<std::uint32_t>(elements);
  return header;
}

/// Puts the elements into a random order, or for a bitmap into that of the ports, as the kernel
/// does.
void put_in_order(const ipset::SetHeader& header, Elements& elements, std::uint32_t order) {
  if (is_counting(header))
    std::ranges::sort(elements, {}, [](const auto& element) { return *element.port; });
  else
    std::ranges::shuffle(elements, std::minstd_rand(order));
}

DrawerReading read_stored(const format::DrawerContent& content, Elements elements,
                          std::uint32_t order) {
  const ipset::SetHeader header = header_of(content, elements.size());
  std::ranges::for_each(elements, store);
  put_in_order(header, elements, order);
  return read_drawer(header, !content.key.empty(), elements);
}

void check_interrupted(const format::DrawerContent& content, const Elements& elements,
                       std::uint32_t order) {
  const auto count = static_cast<std::uint32_t>(elements.size());
  for (const std::uint32_t added : {1U, order % count, count - 1}) {
    if (added == 0 || added >= count) continue;
    const auto reading =
        read_stored(content, Elements(elements.begin(), elements.begin() + added), order);
    require(!reading.decoded || reading.decoded->ended, "an interrupted writer leaves no value");
  }
}

}  // namespace

DrawerReading read_drawer(const ipset::SetHeader& header, bool has_key,
                          std::span<const ipset::Element> elements) {
  format::DrawerDecoder decoder;
  format::DrawerDecoder checker;
  DrawerReading reading;
  decoder.begin(header, has_key, &reading.value);
  checker.begin(header, has_key, nullptr);
  for (const ipset::Element& element : elements) {
    const bool taken = decoder.take(element);
    require(checker.take(element) == taken, "checking accepts the same elements as decoding");
    if (!taken) return reading;
  }
  reading.decoded = decoder.finish();
  const auto checked = checker.finish();
  require(checked.has_value() == reading.decoded.has_value(),
          "checking accepts the same sets as decoding");
  if (!reading.decoded) return reading;
  require(checked->value_bytes == reading.decoded->value_bytes && checker.key() == decoder.key() &&
              checked->deadline == reading.decoded->deadline,
          "checking and decoding give the same result");
  reading.value.resize(reading.decoded->value_bytes);
  reading.key = decoder.key();
  return reading;
}

void check_round_trip(const format::DrawerContent& content, std::uint32_t order) {
  const Elements elements = encode(content);
  check_elements(elements);
  require(format::can_be_drawer(header_of(content, elements.size())),
          "the header of a drawer is accepted");
  const auto reading = read_stored(content, elements, order);
  require(reading.decoded && !reading.decoded->ended, "a stored drawer is a value");
  require(std::ranges::equal(as_bytes(reading.value), content.value), "the value is the same");
  require(reading.key == content.key, "the key is the same");
  require(reading.decoded->kind == content.kind, "the layout is the same");
  require(reading.decoded->deadline == content.deadline, "the deadline is the same");
  if (!elements.empty()) check_interrupted(content, elements, order);
}

}  // namespace ipsetkv::fuzz
