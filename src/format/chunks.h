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
/// address; the port is the chunk's index. docs/format.md is the definition, with the reasons. The
/// numbers here are part of stored data and must never change.
namespace ipsetkv::format::chunks {

inline constexpr std::size_t kMaxChunks = 65'536;

/// The parameters in which the two layouts differ.
struct Shape {
  std::size_t bytes;   ///< The size of a chunk, which is an address.
  std::uint8_t zeros;  ///< The protocol of a chunk of zero bytes only.
};
inline constexpr Shape kIpv4{.bytes = ipset::Address::kInetBytes, .zeros = kZeros};
inline constexpr Shape kIpv6{.bytes = ipset::Address::kInet6Bytes, .zeros = kZeros6};

/// The number of chunks of a value of `value_bytes` bytes.
[[nodiscard]] constexpr std::size_t chunk_count(Shape shape, std::size_t value_bytes) {
  return (value_bytes + shape.bytes - 1) / shape.bytes;
}

/// Writes chunk `index` of `value` into the address, port and protocol of `element`; leaves its
/// other fields alone. Requires: `index` is below chunk_count, the value has at most kMaxChunks.
void encode_chunk(Shape shape, std::span<const std::byte> value, std::size_t index,
                  ipset::Element& element);

/// Writes the element of an empty value whose set must not be empty: one chunk of padding.
void encode_empty(Shape shape, ipset::Element& element);

/// Assembles a value from elements in any order.
class Decoder {
 public:
  /// Begins a value of at most `chunks` chunks. Its bytes are written to `value`, which has room
  /// for `chunks` times `shape.bytes`; with an empty `value` the elements are only checked. Reuses
  /// its memory: allocates only for a value longer than all before.
  void begin(Shape shape, std::size_t chunks, std::span<std::byte> value);

  /// Takes an element; false if no value has such an element. The set is then not a value.
  [[nodiscard]] bool take(const ipset::ElementView& element);

  /// Whether chunk 0 was taken.
  [[nodiscard]] bool has_begun() const { return !seen_.empty() && (seen_.front() & 1) != 0; }

  /// Call after the last element. Returns the value's length in bytes; empty if the elements are
  /// not a value.
  [[nodiscard]] std::optional<std::size_t> finish();

 private:
  [[nodiscard]] bool take_chunk(std::size_t index, std::uint8_t kind,
                                std::span<const std::byte> bytes);
  [[nodiscard]] bool mark_taken(std::size_t index);

  Shape shape_ = kIpv4;
  std::span<std::byte> value_;
  std::size_t chunks_ = 0;
  std::size_t taken_ = 0;
  std::size_t end_ = 0;  ///< The value's length up to its last byte that is not zero.
  std::optional<std::size_t> exact_end_;  ///< The value's length, if its last chunk states it.
  std::optional<std::size_t> last_index_;
  std::vector<std::uint64_t> seen_;  ///< One bit a chunk.
};

}  // namespace ipsetkv::format::chunks
