// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "format/moment.h"
#include "ipset/element.h"
#include "ipset/element_view.h"

/// A key and its value in one element of a table's bucket. The address is the key's digest. The
/// comment is the pair as text or, for a long pair, the name of its set. docs/format.md is the
/// definition.
namespace ipsetkv::format {

inline constexpr std::size_t kDigestBytes = 16;
using Digest = std::array<std::byte, kDigestBytes>;

/// The digest as an address. No digest is all zeros, an address that the kernel refuses.
[[nodiscard]] ipset::Address address_of(const Digest& digest);
/// Whether the element's address is the digest.
[[nodiscard]] bool has_digest(const ipset::ElementView& element, const Digest& digest);
/// The digest of an element; empty if it has no address of sixteen bytes.
[[nodiscard]] std::optional<Digest> digest_of(const ipset::ElementView& element);

/// The content of an element. Borrows from the PairDecoder, or from the caller.
struct Pair {
  std::string_view key;  ///< Empty for a long pair, as is the value: both are in `set`.
  std::string_view value;
  ipset::SetName set;              ///< The drawer of a long pair; empty for others.
  std::optional<Moment> deadline;  ///< By the wall clock.

  [[nodiscard]] bool is_long() const { return !set.empty(); }
};

/// Writes the pair as a comment; false if it is too long for a comment.
[[nodiscard]] bool encode_pair(const Pair& pair, ipset::Comment& comment);

/// Reads a comment back.
class PairDecoder {
 public:
  /// Empty if the comment is not one that encode_pair writes. The pair is valid until the next
  /// call.
  [[nodiscard]] std::optional<Pair> decode(std::string_view comment);

 private:
  [[nodiscard]] std::optional<Pair> decode_long(std::string_view comment);

  std::array<char, ipset::kMaxCommentBytes> bytes_;
};

}  // namespace ipsetkv::format
