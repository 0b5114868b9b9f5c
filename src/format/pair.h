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

/// A key and its value in one element of a table's bucket: the address is the key's digest, the
/// comment is the pair as text, or says where a long one lies. docs/format.md is the definition.
namespace ipsetkv::format {

inline constexpr std::size_t kDigestBytes = 16;
using Digest = std::array<std::byte, kDigestBytes>;

/// The address that is a digest. No digest is all zeros, which the kernel refuses as an address.
[[nodiscard]] ipset::Address address_of(const Digest& digest);
/// Whether the element is the one of the digest.
[[nodiscard]] bool has_digest(const ipset::ElementView& element, const Digest& digest);
/// The digest of an element; nothing if it has no address of sixteen bytes.
[[nodiscard]] std::optional<Digest> digest_of(const ipset::ElementView& element);

/// What an element says of its key. Borrows from the PairDecoder, or from the caller.
struct Pair {
  std::string_view key;  ///< Of a long pair it is in the set, as is the value.
  std::string_view value;
  ipset::SetName set;              ///< Of a long pair: the drawer that holds key and value.
  std::optional<Moment> deadline;  ///< By the wall clock.

  [[nodiscard]] bool is_long() const { return !set.empty(); }
};

/// Writes the pair as a comment; false if it is too long for one.
[[nodiscard]] bool encode_pair(const Pair& pair, ipset::Comment& comment);

/// Reads a comment back.
class PairDecoder {
 public:
  /// Nothing if no encoder wrote it. The pair lives until the next call.
  [[nodiscard]] std::optional<Pair> decode(std::string_view comment);

 private:
  [[nodiscard]] std::optional<Pair> decode_long(std::string_view comment);

  std::array<char, ipset::kMaxCommentBytes> bytes_;
};

}  // namespace ipsetkv::format
