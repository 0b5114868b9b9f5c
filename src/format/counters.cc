// SPDX-License-Identifier: MIT
#include "format/counters.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "format/numbers.h"
#include "netlink/attributes.h"

namespace ipsetkv::format::counters {
namespace {

constexpr std::size_t kDeadlineElements = 2;
constexpr std::size_t kLongestKey = 65'536;

using Chunk = std::array<std::byte, kChunkBytes>;

constexpr std::size_t count_chunks(std::size_t bytes) {
  return (bytes + kChunkBytes - 1) / kChunkBytes;
}

/// The counter that the kernel does not store: it takes it for "not given"
/// (include/linux/netfilter/ipset/ip_set_counter.h, ip_set_init_counter).
constexpr std::uint64_t kUnset = ~std::uint64_t{0};

constexpr int kMaskBits = 32;
constexpr std::uint64_t repeat(std::uint32_t mask) {
  return std::uint64_t{mask} << kMaskBits | mask;
}

/// Calls `visit` for each counter in which `bytes` are stored.
template <class Visit>
void for_each_counter(std::span<const std::byte> bytes, Visit visit) {
  while (!bytes.empty()) {
    std::uint64_t counter = 0;
    const std::size_t length = std::min(bytes.size(), sizeof counter);
    std::memcpy(&counter, bytes.data(), length);
    visit(netlink::big_endian(counter));
    bytes = bytes.subspan(length);
  }
}

template <class Visit>
void for_each_counter(const Source& source, Visit visit) {
  for_each_counter(source.value, visit);
  for_each_counter(std::as_bytes(std::span(source.key)), visit);
}

void put_chunk(std::span<const std::byte> bytes, std::size_t chunk, std::uint32_t mask,
               ipset::Element& element) {
  Chunk padded{};
  const auto rest = bytes.subspan(std::min(chunk * kChunkBytes, bytes.size()));
  std::copy_n(rest.begin(), std::min(rest.size(), kChunkBytes), padded.begin());
  std::uint64_t halves[2];
  std::memcpy(halves, padded.data(), sizeof halves);
  element.packets = netlink::big_endian(halves[0]) ^ repeat(mask);
  element.bytes = netlink::big_endian(halves[1]) ^ repeat(mask);
}

Chunk chunk_of(std::uint64_t packets, std::uint64_t bytes) {
  const std::uint64_t halves[2] = {netlink::big_endian(packets), netlink::big_endian(bytes)};
  Chunk chunk{};
  std::memcpy(chunk.data(), halves, sizeof halves);
  return chunk;
}

}  // namespace

Plan make_plan(std::size_t value_bytes, std::size_t key_bytes, bool has_deadline) {
  Plan plan;
  plan.deadline = has_deadline ? kDeadlineElements : 0;
  plan.key = key_bytes == 0 ? 0 : 1 + count_chunks(key_bytes);
  // The empty value is one chunk of padding, because a range has at least one port.
  plan.chunks = std::max<std::size_t>(count_chunks(value_bytes), 1);
  plan.padding = plan.chunks * kChunkBytes - value_bytes;
  return plan;
}

std::uint32_t choose_mask(const Source& source, bool has_deadline) {
  std::size_t counters = 0;
  bool needed = false;
  for_each_counter(source, [&](std::uint64_t counter) {
    ++counters;
    needed = needed || counter == kUnset;
  });
  if (!needed) return 0;
  // Each counter excludes at most one mask, so one of the first `counters + 1` candidates is free.
  std::vector<bool> excluded(2 * counters + 3);
  for_each_counter(source, [&](std::uint64_t counter) {
    const auto mask = static_cast<std::uint32_t>(~counter);
    if (mask < excluded.size() && repeat(mask) == ~counter) excluded[mask] = true;
  });
  std::uint32_t mask = has_deadline ? 2 : 1;
  while (excluded[mask]) mask += 2;
  return mask;
}

void encode(const Plan& plan, const Source& source, std::size_t index, ipset::Element& element) {
  element.port = static_cast<std::uint16_t>(plan.padding + index);
  element.bytes = 0;
  if (index < plan.deadline) {
    element.packets = index == 0 ? source.deadline : kExpiringMark;
    if (index > 0) element.bytes = kExpiringMark;
    return;
  }
  index -= plan.deadline;
  if (index >= plan.key) return put_chunk(source.value, index - plan.key, plan.mask, element);
  if (index == 0)
    element.packets = source.key.size();
  else
    put_chunk(std::as_bytes(std::span(source.key)), index - 1, plan.mask, element);
}

bool is_permanent(const Plan& plan, std::size_t index) {
  return index > 0 && index < plan.deadline + plan.key;
}

void Decoder::begin(const ipset::SetHeader& header, bool has_key, std::string* value) {
  const std::size_t from = header.options.port_from.value_or(0);
  const std::size_t to = header.options.port_to.value_or(0);
  const bool has_deadline = header.options.timeout && *header.options.timeout % 2 == 0;
  plan_ = {.deadline = has_deadline ? kDeadlineElements : 0,
           .key = has_key ? std::size_t{1} : 0,
           .chunks = 0,
           .padding = from,
           .mask = header.options.timeout.value_or(0)};
  elements_ = to - from + 1;
  possible_ = to >= from && from <= kChunkBytes;
  taken_ = 0;
  value_ = value;
  key_.clear();
  key_bytes_ = 0;
  deadline_.reset();
  begun_ = false;
  marked_ = false;
  mask_needed_ = false;
  if (value_ != nullptr && possible_) value_->resize(elements_ * kChunkBytes);
}

bool Decoder::take(const ipset::ElementView& element) {
  if (!possible_ || !element.port || !element.packets || !element.bytes) return false;
  const std::size_t index = *element.port - plan_.padding;
  if (*element.port < plan_.padding || index >= elements_) return false;
  // Only a value with a deadline may lack elements: those that have expired.
  if (index != taken_ && plan_.deadline == 0) return false;
  ++taken_;
  if (index == 0) begun_ = true;
  if (index < plan_.deadline) return take_deadline(index, *element.packets, *element.bytes);
  if (index < plan_.deadline + plan_.key)
    return take_key(index - plan_.deadline, *element.packets, *element.bytes);
  take_chunk(index - plan_.deadline - plan_.key, *element.packets, *element.bytes);
  return true;
}

bool Decoder::take_deadline(std::size_t index, std::uint64_t packets, std::uint64_t bytes) {
  if (index > 0) {
    marked_ = packets == kExpiringMark && bytes == kExpiringMark;
    return marked_;
  }
  deadline_ = packets;
  return bytes == 0;
}

bool Decoder::take_key(std::size_t index, std::uint64_t packets, std::uint64_t bytes) {
  if (index == 0) {
    if (packets == 0 || packets > kLongestKey || bytes != 0) return false;
    key_bytes_ = packets;
    plan_.key += count_chunks(key_bytes_);
    return true;
  }
  const Chunk chunk = unmask(packets, bytes);
  const std::size_t wanted = std::min(key_bytes_ - key_.size(), kChunkBytes);
  key_.append(reinterpret_cast<const char*>(chunk.data()), wanted);
  return true;
}

void Decoder::take_chunk(std::size_t index, std::uint64_t packets, std::uint64_t bytes) {
  const Chunk chunk = unmask(packets, bytes);
  if (value_ == nullptr) return;
  std::memcpy(value_->data() + index * kChunkBytes, chunk.data(), chunk.size());
}

Chunk Decoder::unmask(std::uint64_t packets, std::uint64_t bytes) {
  packets ^= repeat(plan_.mask);
  bytes ^= repeat(plan_.mask);
  mask_needed_ = mask_needed_ || packets == kUnset || bytes == kUnset;
  return chunk_of(packets, bytes);
}

std::optional<std::size_t> Decoder::finish() const {
  const std::size_t before = plan_.deadline + plan_.key;
  if (!possible_ || taken_ != elements_ || elements_ <= before) return std::nullopt;
  if (key_.size() != key_bytes_ || (plan_.deadline > 0 && !marked_)) return std::nullopt;
  // A mask that no counter needed is a foreign set's default timeout.
  if (plan_.mask > 0 && !mask_needed_) return std::nullopt;
  const std::size_t chunks = elements_ - before;
  // Only a value of a single chunk may consist of padding.
  if (plan_.padding == kChunkBytes && chunks > 1) return std::nullopt;
  return chunks * kChunkBytes - plan_.padding;
}

}  // namespace ipsetkv::format::counters
