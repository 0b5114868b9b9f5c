// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "ipset/element.h"
#include "ipset/set_header.h"

/// The layout `ipv4`: a value as the addresses of a hash:ip,port set, four bytes an address, the
/// port being the chunk's number. docs/format.md is its definition, with the reasons. Every number
/// here is in stored data and stays as it is.
namespace ipsetkv::layout::ipv4 {

inline constexpr std::size_t kChunkBytes = 4;
inline constexpr std::size_t kMaxChunks = 65'536;
inline constexpr std::size_t kMaxValueBytes = kChunkBytes * kMaxChunks;

/// The first revision of hash:ip,port that knows SCTP
/// (net/netfilter/ipset/ip_set_hash_ipport.c).
inline constexpr std::uint8_t kNeededRevision = 1;

/// The protocols, by their numbers (linux/in.h), and what they say of a chunk.
inline constexpr std::uint8_t kPlain = 6;       ///< TCP: the bytes as they are.
inline constexpr std::uint8_t kZeros = 1;       ///< ICMP: four zero bytes; the address stands in.
inline constexpr std::uint8_t kExactEnd = 132;  ///< SCTP: the last; its last byte counts padding.

/// The address of a chunk of kind kZeros: 0.0.0.1. The kernel refuses 0.0.0.0 since Linux 6.3.
inline constexpr std::array<std::byte, kChunkBytes> kPlaceholder{std::byte{0}, std::byte{0},
                                                                 std::byte{0}, std::byte{1}};

/// How many chunks a value of so many bytes has.
[[nodiscard]] constexpr std::size_t chunk_count(std::size_t value_bytes) {
  return (value_bytes + kChunkBytes - 1) / kChunkBytes;
}

/// Writes chunk `index` of `value` into the address, port and protocol of `element`, and leaves its
/// other fields alone. `index` is below chunk_count, and the value no longer than kMaxValueBytes.
void encode_chunk(std::span<const std::byte> value, std::size_t index, ipset::Element& element);

/// Whether a set of this type, family and extensions can hold a value in this layout at all; the
/// elements decide. An empty set is a value only if it has no option that the essay's way or this
/// library would not give it: elements prove what they are, their absence proves nothing.
[[nodiscard]] bool matches(const ipset::SetHeader& header);

/// Puts a value together from elements in any order.
class Decoder {
 public:
  /// Begins a value of at most `chunks` chunks, whose bytes go to `value`: kChunkBytes for each. An
  /// empty `value` only checks that the elements are one. Allocates when it meets its largest
  /// value.
  void begin(std::size_t chunks, std::span<std::byte> value);

  /// Takes an element; false if no value has it. After that the set is no value.
  [[nodiscard]] bool take(const ipset::Element& element);

  /// The length of the value in bytes, when all elements were taken; nothing if they are no value.
  [[nodiscard]] std::optional<std::size_t> finish();

 private:
  [[nodiscard]] bool take_chunk(std::size_t index, std::uint8_t kind,
                                std::span<const std::byte, kChunkBytes> bytes);
  [[nodiscard]] bool mark_taken(std::size_t index);

  std::span<std::byte> value_;
  std::size_t chunks_ = 0;
  std::size_t taken_ = 0;
  /// The value's length if its end says so, or the length up to its last byte that is not zero.
  std::size_t end_ = 0;
  std::optional<std::size_t> exact_end_;
  std::optional<std::size_t> last_index_;
  std::vector<std::uint64_t> seen_;  ///< A bit for each chunk.
};

}  // namespace ipsetkv::layout::ipv4
