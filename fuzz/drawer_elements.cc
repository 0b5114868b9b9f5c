// SPDX-License-Identifier: MIT

// Arbitrary elements of a set. Checks that the decoder's result depends neither on their order nor
// on whether the value is wanted, and that a decoded value can be stored and read again. The input
// is the set's options, then elements, most of them similar to those that an encoder writes.

#include <algorithm>
#include <array>
#include <memory>
#include <tuple>
#include <vector>

#include "fuzz/drawer_check.h"
#include "fuzz/input.h"

namespace ipsetkv::fuzz {
namespace {

constexpr std::size_t kMostElements = 64;

struct Set {
  ipset::SetHeader header;
  bool has_key = false;
  std::vector<ipset::Element> elements;

  [[nodiscard]] bool counts() const { return header.type == ipset::SetType::kBitmapPort; }
};

void take_header(Input& input, Set& set) {
  ipset::SetHeader& header = set.header;
  const bool counts = input.flag();
  header.type = counts ? ipset::SetType::kBitmapPort : ipset::SetType::kHashIpPort;
  header.family = input.flag() ? ipset::Family::kInet6 : ipset::Family::kInet;
  header.options.comment = input.flag();
  header.options.counters = counts || input.flag();
  if (input.flag()) header.options.timeout = input.number<std::uint8_t>();
  if (input.flag()) header.options.maxelem = format::kExpiringMaxElements;
  set.has_key = input.flag();
  if (!counts) return;
  header.options.port_from = input.number<std::uint8_t>();
  header.options.port_to = input.number<std::uint8_t>();
}

/// An address, mostly of the set's family and mostly a small number.
ipset::Address take_address(Input& input, ipset::Family family) {
  std::array<std::byte, ipset::Address::kInet6Bytes> bytes{};
  const auto form = input.number<std::uint8_t>();
  const bool is_small = form % 2 == 0;
  for (std::byte& byte : is_small ? std::span(bytes).last(1) : std::span(bytes))
    byte = std::byte{input.number<std::uint8_t>()};
  const bool is_inet6 = (family == ipset::Family::kInet6) != (form > 250);
  return is_inet6 ? ipset::Address::inet6(bytes)
                  : ipset::Address::inet(std::span(bytes).last<ipset::Address::kInetBytes>());
}

ipset::Element take_element(Input& input, const ipset::SetHeader& header) {
  constexpr std::array kProtocols{format::kPlain,    format::kPlain,  format::kZeros,
                                  format::kExactEnd, format::kZeros6, format::kKeyText,
                                  std::uint8_t{136}};
  ipset::Element element;
  element.port = input.flag() ? input.number<std::uint16_t>() : input.number<std::uint8_t>();
  if (header.type != ipset::SetType::kBitmapPort) {
    element.ip = take_address(input, header.family);
    element.protocol = kProtocols[input.number<std::uint8_t>() % kProtocols.size()];
  }
  if (header.options.counters) {
    element.packets = input.flag() ? input.number<std::uint64_t>() : input.number<std::uint8_t>();
    element.bytes = input.flag() ? input.number<std::uint64_t>() : input.number<std::uint8_t>();
  }
  if (header.options.comment) {
    const std::string_view comment = input.text<std::uint8_t>();
    element.comment = comment.substr(0, comment.find('\0'));
  }
  return element;
}

/// The fields by which the kernel distinguishes elements of a set.
auto identity(const ipset::Element& element) {
  return std::tuple(element.port, element.protocol.value_or(0),
                    element.ip ? element.ip->to_string() : std::string());
}

void take_elements(Input& input, Set& set) {
  while (!input.empty() && set.elements.size() < kMostElements)
    set.elements.push_back(take_element(input, set.header));
  std::ranges::stable_sort(set.elements, {}, identity);
  const auto same = [](const auto& one, const auto& other) {
    return identity(one) == identity(other);
  };
  set.elements.erase(std::unique(set.elements.begin(), set.elements.end(), same),
                     set.elements.end());
}

void check(Set& set, std::uint32_t order) {
  const auto reading = read_drawer(set.header, set.has_key, set.elements);
  if (!set.counts()) {
    std::ranges::reverse(set.elements);
    const auto backwards = read_drawer(set.header, set.has_key, set.elements);
    // What is left of an expired value may be inconsistent.
    if (!format::is_expiring(set.header.options))
      require(reading.decoded.has_value() == backwards.decoded.has_value() &&
                  (!reading.decoded || reading.value == backwards.value),
              "elements decode to the same value in every order");
  }
  if (!reading.decoded || reading.decoded->ended) return;
  constexpr format::Moment kLatest = format::moment_at(std::uint64_t{1} << 63);
  format::DrawerContent content{.value = as_bytes(reading.value),
                                .kind = reading.decoded->kind,
                                .key = reading.key,
                                .deadline = reading.decoded->deadline};
  if (content.deadline.value_or(format::Moment{}) >= kLatest || !format::fits(content)) return;
  check_round_trip(content, order);
}

}  // namespace
}  // namespace ipsetkv::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  ipsetkv::fuzz::Input input(data, size);
  ipsetkv::fuzz::Set set;
  take_header(input, set);
  const auto choice = input.number<std::uint8_t>();
  take_elements(input, set);
  // The header's number of elements may be right, or wrong, because elements come and go after the
  // kernel has counted them, or missing. The latter is rare here, because the decoder then
  // allocates for the most elements there can be, which is slow.
  if (choice != 0) set.header.elements = static_cast<std::uint32_t>(set.elements.size());
  if (choice % 4 == 1) set.header.elements = choice / 4;
  ipsetkv::fuzz::check(set, choice);
  return 0;
}
