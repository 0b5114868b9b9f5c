// SPDX-License-Identifier: MIT
#include "server/commands/counting.h"

#include <algorithm>

#include "server/commands/expiry_time.h"

namespace ipsetkv::server {

Result<std::uint64_t> count_keys(Database& database) {
  const auto table = database.table_info();
  if (!table) return tl::unexpected(table.error());
  if (*table) return (*table)->keys;
  std::uint64_t count = 0;
  const auto done = database.for_each("*", [&](const KeyInfo&) { ++count; });
  if (!done) return tl::unexpected(done.error());
  return count;
}

Result<KeyCounts> count_all(Database& database) {
  KeyCounts counts;
  const Deadline present = now();
  std::uint64_t life = 0;
  const auto done = database.for_each("*", [&](const KeyInfo& info) {
    ++counts.keys;
    if (!info.deadline) return;
    ++counts.expiring;
    life +=
        static_cast<std::uint64_t>(std::max<std::int64_t>((*info.deadline - present).count(), 0));
  });
  if (!done) return tl::unexpected(done.error());
  if (counts.expiring != 0) counts.average_life_ms = life / counts.expiring;
  return counts;
}

}  // namespace ipsetkv::server
