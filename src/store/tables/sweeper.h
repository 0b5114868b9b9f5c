// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "ipsetkv/store.h"
#include "store/backend.h"
#include "store/tables/page.h"

namespace ipsetkv::store {

/// Removes sets of a table that no process uses any more: what dead writers left unfinished, sets
/// of a table that was dropped, and long pairs that no element names. Drops whole tables.
class TableSweeper {
 public:
  TableSweeper(OpenTable& table, PageReader& pages) : table_(table), pages_(pages) {}

  [[nodiscard]] Result<SweepResult> sweep();
  [[nodiscard]] Result<bool> drop(const Backend::DropProgress& progress);
  [[nodiscard]] Result<std::optional<TableInfo>> info();

 private:
  using Names = std::set<std::string, std::less<>>;
  using Claims = std::map<std::uint32_t, netlink::PortClaim>;

  /// The names of the table's sets, of any generation, that `wanted` accepts.
  [[nodiscard]] Result<std::vector<std::string>> names_of(
      const std::function<bool(const format::TableSet&)>& wanted);
  /// Destroys sets; how many of them.
  [[nodiscard]] std::uint64_t destroy(const Names& names);
  [[nodiscard]] Result<std::uint64_t> finish_for_the_dead();
  /// Removes the sets of tables of this name that were dropped, or never finished.
  [[nodiscard]] Result<std::uint64_t> sweep_former_sets();
  [[nodiscard]] Result<std::uint64_t> sweep_long_pairs();
  /// Moves the names whose owners are dead, or this Store, to the result, and claims their port
  /// ids.
  [[nodiscard]] Result<Names> claim_owners(Names& long_sets, Claims& claims) const;
  /// Erases the names that an element says.
  [[nodiscard]] Result<void> erase_named(Names& long_sets);

  OpenTable& table_;
  PageReader& pages_;
};

}  // namespace ipsetkv::store
