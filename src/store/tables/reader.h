// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "ipsetkv/store.h"
#include "store/change.h"
#include "store/tables/page.h"
#include "store/tables/slot.h"

namespace ipsetkv::store {

/// Reads single keys of a table.
class TableReader {
 public:
  TableReader(OpenTable& table, SlotReader& slots, PageReader& pages)
      : table_(table), slots_(slots), pages_(pages) {}

  [[nodiscard]] Result<std::optional<Present>> read(std::string_view key, std::string* value,
                                                    Backoff& backoff);
  [[nodiscard]] Result<bool> exists(std::string_view key, Backoff& backoff);
  [[nodiscard]] Result<std::optional<KeyInfo>> info(std::string_view key, Backoff& backoff);

  /// The slot of a key without its lock, and the value into `value` unless that is null; nothing if
  /// the table is gone. Requires: the head is loaded.
  [[nodiscard]] Result<std::optional<Slot>> find(std::string_view key, std::string* value,
                                                 Backoff& backoff);

 private:
  /// The same without the set of a long pair.
  [[nodiscard]] Result<std::optional<Slot>> find_slot(const format::Digest& digest,
                                                      std::string_view key, std::string* value,
                                                      Backoff& backoff);
  [[nodiscard]] Result<std::optional<Present>> read_under_lock(std::string_view key,
                                                               std::string* value,
                                                               Backoff& backoff);

  OpenTable& table_;
  SlotReader& slots_;
  PageReader& pages_;
};

}  // namespace ipsetkv::store
