// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "ipset/element.h"
#include "layout/numbers.h"

/// The layout `ipv4`: a value as the addresses of a hash:ip,port set, four bytes an address, the
/// port being the chunk's number. docs/format.md is its definition, with the reasons. Every number
/// here is in stored data and stays as it is.
namespace ipsetkv::layout::ipv4 {

inline constexpr std::size_t kChunkBytes = 4;
inline constexpr std::size_t kMaxChunks = 65'536;
inline constexpr std::size_t kMaxValueBytes = kChunkBytes * kMaxChunks;

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

/// Writes the element that stands for the empty value where a set without elements would not do:
/// one chunk, all padding.
void encode_empty(ipset::Element& element);

/// Puts a value together from elements in any order.
class Decoder {
 public:
  /// Begins a value of at most `chunks` chunks, whose bytes go to `value`: kChunkBytes for each. An
  /// empty `value` only checks that the elements are one. Allocates when it meets its largest
  /// value.
  void begin(std::size_t chunks, std::span<std::byte> value);

  /// Takes an element; false if no value has it. After that the set is no value.
  [[nodiscard]] bool take(const ipset::Element& element);

  /// Whether chunk 0 was taken.
  [[nodiscard]] bool has_begun() const { return !seen_.empty() && (seen_.front() & 1) != 0; }

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
