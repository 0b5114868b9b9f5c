// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "format/moment.h"
#include "format/pair.h"
#include "ipset/address.h"
#include "ipset/set_type.h"

namespace ipsetkv::format {

/// The comment of the secret's element. It names the version of the table's form.
inline constexpr std::string_view kTableForm = "ipsetkv table 1";

/// The key of the hash that turns a table's keys into digests. It is random and readable only by
/// processes that may list the kernel's sets, so a client that chooses keys cannot choose their
/// bucket.
class TableSecret {
 public:
  static constexpr std::size_t kBytes = 16;

  [[nodiscard]] static TableSecret random();
  /// Reads it from an address; nothing if that has not sixteen bytes.
  [[nodiscard]] static std::optional<TableSecret> from(std::span<const std::byte> address);

  [[nodiscard]] ipset::Address address() const;
  /// SipHash-2-4 with 128 bits. Never all zeros.
  [[nodiscard]] Digest digest(std::string_view key) const;
  /// The number in the names of the table's sets. It differs from that of an earlier table of the
  /// same name, but for one chance in 32,768.
  [[nodiscard]] std::uint32_t generation() const;

  friend bool operator==(const TableSecret&, const TableSecret&) = default;

 private:
  std::array<unsigned char, kBytes> bytes_{};
};

/// The type and family of all sets of a table except those of long pairs.
inline constexpr ipset::SetType kBucketType = ipset::SetType::kHashIp;
inline constexpr ipset::Family kBucketFamily = ipset::Family::kInet6;

/// Marks in a table's head: the table may hold pairs that take more than one command to find or to
/// remove. A mark is set before the first such pair is written, and never removed.
enum class TableMark : std::uint8_t { kDeadlines, kLongPairs };

/// The element of a table's head that is the mark.
[[nodiscard]] ipset::Address address_of(TableMark mark);
/// The comment of that element, which says when the mark was set.
[[nodiscard]] std::string comment_of(TableMark mark, Moment set_at);
/// When the mark was set; nothing if the comment is not that of the mark.
[[nodiscard]] std::optional<Moment> set_at(TableMark mark, std::string_view comment);

}  // namespace ipsetkv::format
