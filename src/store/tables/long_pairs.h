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

/// Pairs of a table that are too long for an element. Each has a set of its own in the form of a
/// drawer, with the key inside. The set is made before the key's element names it, and destroyed
/// when no element names it any more.
///
/// A write that does not read first must still know whether it replaces such an element. The index,
/// another set, holds their digests: added before the element, removed after it.
class LongPairs {
 public:
  LongPairs(ipset::Connection& connection, const format::TableNames& names,
            std::chrono::milliseconds timeout);

  /// Makes a set with the pair. The caller owns it until an element names it (EncodedPair).
  [[nodiscard]] Result<ipset::SetName> write(std::string_view key, std::string_view value,
                                             std::optional<format::Moment> deadline);
  /// Reads a pair, and its value into `value` unless that is null. Content::kForeign: another
  /// key's.
  [[nodiscard]] Result<Content> read(const ipset::SetName& set, std::string_view key,
                                     std::string* value, Drawer& drawer);
  /// The key of a pair; nothing if the set is gone.
  [[nodiscard]] Result<std::optional<std::string>> key_of(const ipset::SetName& set,
                                                          Drawer& drawer);
  /// Destroys a set that no element names. If a process is reading it, it is left for `sweep`.
  void destroy(const ipset::SetName& set);

  /// Whether the index has the digest.
  [[nodiscard]] Result<bool> may_have(const format::Digest& digest);
  /// Queues adding the digest, or removing it. Requires: the caller holds the digest's bucket.
  void queue_insert(ipset::Batch& batch, const format::Digest& digest) const;
  void queue_erase(ipset::Batch& batch, const format::Digest& digest) const;

 private:
  ipset::Connection& connection_;
  const format::TableNames& names_;
  DrawerReader reader_;
  DrawerWriter writer_;
  ipset::Batch batch_;
  std::uint32_t next_ = 0;
};

}  // namespace ipsetkv::store
