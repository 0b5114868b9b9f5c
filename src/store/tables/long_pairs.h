// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "format/pair.h"
#include "format/table_name.h"
#include "ipset/connection.h"
#include "ipsetkv/error.h"
#include "store/drawers/reader.h"
#include "store/drawers/writer.h"

namespace ipsetkv::store {

/// Pairs of a table that are too long for an element: each is a drawer in a set of its own, with
/// the key inside, made before the key's element names it and destroyed when none does any more.
///
/// A write that does not read first must still know whether it replaces such an element. So their
/// digests stand in another set, the index: one that is there before the element, and longer.
class LongPairs {
 public:
  LongPairs(ipset::Connection& connection, const format::TableNames& names,
            std::chrono::milliseconds timeout);

  /// Makes a set with the pair, which no element names yet.
  [[nodiscard]] Result<ipset::SetName> write(std::string_view key, std::string_view value,
                                             std::optional<format::Moment> deadline);
  /// Reads a pair, its value into `value` unless that is null. Content::kForeign: of another key.
  [[nodiscard]] Result<Content> read(const ipset::SetName& set, std::string_view key,
                                     std::string* value, Drawer& drawer);
  /// The key of a pair; nothing if it has gone.
  [[nodiscard]] Result<std::optional<std::string>> key_of(const ipset::SetName& set,
                                                          Drawer& drawer);
  /// Removes a pair that no element names. While somebody reads it it stays, for `sweep`.
  void destroy(const ipset::SetName& set);

  /// Whether the index has the digest.
  [[nodiscard]] Result<bool> may_have(const format::Digest& digest);
  /// Queues putting it there, or taking it out; by whoever has the digest's bucket for himself.
  void queue_note(ipset::Batch& batch, const format::Digest& digest) const;
  void queue_forget(ipset::Batch& batch, const format::Digest& digest) const;

 private:
  ipset::Connection& connection_;
  const format::TableNames& names_;
  DrawerReader reader_;
  DrawerWriter writer_;
  ipset::Batch batch_;
  std::uint32_t next_ = 0;
};

}  // namespace ipsetkv::store
