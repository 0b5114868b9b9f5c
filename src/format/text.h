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

/// Bytes in the comments of elements, up to 239 in each; address and port are the offset of the
/// piece. docs/format.md is the definition. The layout `comment` stores values this way, and every
/// hash:ip,port layout a key that cannot be a set's name.
namespace ipsetkv::format::text {

/// The longest string, in bytes: offsets have 47 bits.
inline constexpr std::uint64_t kMaxBytes = std::uint64_t{1} << 47;

/// Writes as many of `bytes` from `offset` on as fit into the comment of `element`, and the offset
/// into its address (of the set's family) and port. Returns the offset of the next piece. An empty
/// string has one piece, which is empty.
[[nodiscard]] std::uint64_t encode(std::span<const std::byte> bytes, std::uint64_t offset,
                                   ipset::Family family, std::uint8_t protocol,
                                   ipset::Element& element);

/// The number of pieces of a string, at most.
[[nodiscard]] std::size_t count_pieces(std::span<const std::byte> bytes);

/// The offset that an element's address and port stand for; empty if they are no offset.
[[nodiscard]] std::optional<std::uint64_t> offset_of(const ipset::ElementView& element);

/// Decodes a comment to `place`, which has room for kTextBytes, and returns the number of bytes
/// decoded; empty if no encoder writes such a comment.
[[nodiscard]] std::optional<std::size_t> decode(std::string_view comment, std::byte* place);

/// Writes `bytes`, escaped as in a comment, to `to` and returns the number of characters written;
/// empty if they don't fit into `to`.
[[nodiscard]] std::optional<std::size_t> escape(std::string_view bytes, std::span<char> to);

/// The result of `unescape`.
struct Unescaped {
  std::size_t bytes = 0;  ///< The number of bytes written.
  char mark = 0;          ///< The letter of the escape that ended it; 0 at the end of the text.
  std::string_view rest;  ///< The text after the mark.
};
/// Reads back what `escape` wrote, up to the end or to an escape that does not stand for a byte.
/// `to` has room for as many bytes as `text` has.
[[nodiscard]] Unescaped unescape(std::string_view text, char* to);

/// Checks, in constant memory, whether pieces taken in any order form a complete string.
///
/// The pieces are complete if each begins where another ends. The offsets of all beginnings except
/// the first, and of all ends except the last, are summed up as 64-bit fingerprints: equal sums
/// mean equal sets of offsets.
class Chain {
 public:
  void clear() { *this = Chain(); }
  void take(std::uint64_t offset, std::uint64_t bytes);
  /// The string's length in bytes; empty if a piece is missing.
  [[nodiscard]] std::optional<std::uint64_t> finish() const;
  [[nodiscard]] bool empty() const { return pieces_ == 0; }
  [[nodiscard]] bool has_begun() const { return begun_; }

 private:
  std::uint64_t sum_ = 0;  ///< The fingerprints of the beginnings less those of the ends.
  std::uint64_t end_ = 0;
  std::uint64_t pieces_ = 0;
  bool begun_ = false;
};

}  // namespace ipsetkv::format::text
