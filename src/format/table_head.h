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

/// The comment of the secret's element, which tells the form of the table.
inline constexpr std::string_view kTableForm = "ipsetkv table 1";

/// What turns a table's keys into digests: random, and known to those only who may read the
/// kernel's sets, so that nobody who chooses keys can choose their bucket.
class TableSecret {
 public:
  static constexpr std::size_t kBytes = 16;

  [[nodiscard]] static TableSecret random();
  /// From the address that holds it; nothing if that is none of sixteen bytes.
  [[nodiscard]] static std::optional<TableSecret> from(std::span<const std::byte> address);

  [[nodiscard]] ipset::Address address() const;
  /// SipHash-2-4 with 128 bits. Never all zeros.
  [[nodiscard]] Digest digest(std::string_view key) const;
  /// The number that tells the table from others of the same name.
  [[nodiscard]] std::uint32_t generation() const;

  friend bool operator==(const TableSecret&, const TableSecret&) = default;

 private:
  std::array<unsigned char, kBytes> bytes_{};
};

/// The type and family of all of a table's sets but those of long pairs.
inline constexpr ipset::SetType kBucketType = ipset::SetType::kHashIp;
inline constexpr ipset::Family kBucketFamily = ipset::Family::kInet6;

/// What a table may hold that needs more than one command to be found or removed. Set before the
/// first such pair is written, and never taken back.
enum class TableMark : std::uint8_t { kDeadlines, kLongPairs };

/// The element of a table's head that is the mark.
[[nodiscard]] ipset::Address address_of(TableMark mark);
/// The comment of that element: what the mark is, and when it was set.
[[nodiscard]] std::string comment_of(TableMark mark, Moment set_at);
/// When the mark was set, if the comment is of that one.
[[nodiscard]] std::optional<Moment> set_at(TableMark mark, std::string_view comment);

}  // namespace ipsetkv::format
