// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "format/numbers.h"
#include "ipset/element.h"
#include "ipset/element_view.h"

/// The layouts `ipv4` and `ipv6`: a value as the addresses of a hash:ip,port set, 4 or 16 bytes an
/// address, the port being the chunk's number. docs/format.md is the definition, with the reasons.
/// Every number here is in stored data and stays as it is.
namespace ipsetkv::format::chunks {

inline constexpr std::size_t kMaxChunks = 65'536;

/// What tells the two layouts apart.
struct Shape {
  std::size_t bytes;   ///< Of a chunk: an address.
  std::uint8_t zeros;  ///< The protocol of a chunk that is all zeros.
};
inline constexpr Shape kIpv4{.bytes = ipset::Address::kInetBytes, .zeros = kZeros};
inline constexpr Shape kIpv6{.bytes = ipset::Address::kInet6Bytes, .zeros = kZeros6};

/// How many chunks a value of so many bytes has.
[[nodiscard]] constexpr std::size_t chunk_count(Shape shape, std::size_t value_bytes) {
  return (value_bytes + shape.bytes - 1) / shape.bytes;
}

/// Writes chunk `index` of `value` into the address, port and protocol of `element`, and leaves its
/// other fields alone. `index` is below chunk_count, and the value has at most kMaxChunks.
void encode_chunk(Shape shape, std::span<const std::byte> value, std::size_t index,
                  ipset::Element& element);

/// Writes the element that stands for the empty value where a set without elements would not do:
/// one chunk, all padding.
void encode_empty(Shape shape, ipset::Element& element);

/// Puts a value together from elements in any order.
class Decoder {
 public:
  /// Begins a value of at most `chunks` chunks, whose bytes go to `value`: `shape.bytes` for each.
  /// An empty `value` only checks that the elements are one. Allocates when it meets its largest
  /// value.
  void begin(Shape shape, std::size_t chunks, std::span<std::byte> value);

  /// Takes an element; false if no value has it. After that the set is no value.
  [[nodiscard]] bool take(const ipset::ElementView& element);

  /// Whether chunk 0 was taken.
  [[nodiscard]] bool has_begun() const { return !seen_.empty() && (seen_.front() & 1) != 0; }

  /// The length of the value in bytes, when all elements were taken; nothing if they are no value.
  [[nodiscard]] std::optional<std::size_t> finish();

 private:
  [[nodiscard]] bool take_chunk(std::size_t index, std::uint8_t kind,
                                std::span<const std::byte> bytes);
  [[nodiscard]] bool mark_taken(std::size_t index);

  Shape shape_ = kIpv4;
  std::span<std::byte> value_;
  std::size_t chunks_ = 0;
  std::size_t taken_ = 0;
  /// The value's length if its end says so, or the length up to its last byte that is not zero.
  std::size_t end_ = 0;
  std::optional<std::size_t> exact_end_;
  std::optional<std::size_t> last_index_;
  std::vector<std::uint64_t> seen_;  ///< A bit for each chunk.
};

}  // namespace ipsetkv::format::chunks
