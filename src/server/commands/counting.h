// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "server/data/database.h"

namespace ipsetkv::server {

/// The number of keys. A table has it in the headers of its buckets; drawers are read one by
/// one.
[[nodiscard]] Result<std::uint64_t> count_keys(Database& database);

/// Counts of keys, and of those that have a deadline. All keys are read.
struct KeyCounts {
  std::uint64_t keys = 0;
  std::uint64_t expiring = 0;
  std::uint64_t average_life_ms = 0;  ///< Of the expiring ones.
};
[[nodiscard]] Result<KeyCounts> count_all(Database& database);

}  // namespace ipsetkv::server
