// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "format/numbers.h"
#include "ipset/element.h"
#include "ipset/element_view.h"

/// Bytes in the comments of elements: a piece of up to 239 bytes each, at an address and port that
/// are the piece's offset. docs/format.md is the definition. The layout `comment` keeps values so,
/// and every layout a key that cannot be a set's name.
namespace ipsetkv::format::text {

/// The longest string of bytes: offsets have 47 bits.
inline constexpr std::uint64_t kMaxBytes = std::uint64_t{1} << 47;

/// Puts as many of `bytes` from `offset` on into `element`'s comment as fit, and the offset into
/// its address, of the set's family, and port. Returns the offset behind them. Of an empty string
/// the one piece is empty.
[[nodiscard]] std::uint64_t encode(std::span<const std::byte> bytes, std::uint64_t offset,
                                   ipset::Family family, std::uint8_t protocol,
                                   ipset::Element& element);

/// How many pieces a string has, at most.
[[nodiscard]] std::size_t count_pieces(std::span<const std::byte> bytes);

/// The offset that an element's address and port stand for; nothing if they stand for none.
[[nodiscard]] std::optional<std::uint64_t> offset_of(const ipset::ElementView& element);

/// Writes what a comment stands for to `place`, which has room for kTextBytes, and returns how many
/// bytes it is; nothing if no encoder wrote it.
[[nodiscard]] std::optional<std::size_t> decode(std::string_view comment, std::byte* place);

/// Writes `bytes` as they stand in a comment to `to`, which has room for so many characters, and
/// returns how many they are; nothing if they don't fit.
[[nodiscard]] std::optional<std::size_t> escape(std::string_view bytes, std::span<char> to);

/// Reads back what `escape` wrote, up to the end or to an escape that stands for no byte.
struct Unescaped {
  std::size_t bytes = 0;  ///< How many were written.
  char mark = 0;          ///< The letter behind that escape; 0 at the end of the text.
  std::string_view rest;  ///< What follows the mark.
};
/// `to` has room for as many bytes as `text` has.
[[nodiscard]] Unescaped unescape(std::string_view text, char* to);

/// Tells whether pieces that came in any order are a whole string, in constant memory.
///
/// Pieces are a chain if each begins where another ends. Both the beginnings (but the first) and
/// the ends (but the last) are summed up as 64-bit fingerprints: equal sums mean equal sets of
/// offsets.
class Chain {
 public:
  void clear() { *this = Chain(); }
  void take(std::uint64_t offset, std::uint64_t bytes);
  /// The string's length; nothing if a piece is missing.
  [[nodiscard]] std::optional<std::uint64_t> finish() const;
  [[nodiscard]] bool empty() const { return pieces_ == 0; }
  [[nodiscard]] bool has_begun() const { return begun_; }

 private:
  std::uint64_t sum_ = 0;  ///< Of the beginnings' fingerprints, less the ends'.
  std::uint64_t end_ = 0;
  std::uint64_t pieces_ = 0;
  bool begun_ = false;
};

}  // namespace ipsetkv::format::text
