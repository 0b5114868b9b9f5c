// SPDX-License-Identifier: MIT

// Clearing away what nobody uses any more of a table: what writers left unfinished that died, and
// sets of long pairs that no element names.

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "store/table.h"

namespace ipsetkv::store {
namespace {

/// The port ids in the names of sets that are not open.
std::set<std::uint32_t> owners_of(const std::vector<TableSet>& sets) {
  std::set<std::uint32_t> owners;
  for (const TableSet& set : sets)
    if (set.port_id != 0) owners.insert(set.port_id);
  return owners;
}

}  // namespace

Result<std::vector<std::string>> Table::long_sets() {
  std::vector<std::string> names;
  auto listing = connection_.list({}, ipset::ListMode::kNames);
  if (!listing) return tl::unexpected(listing.error());
  for (;;) {
    const auto header = listing->next_set();
    if (!header) return tl::unexpected(header.error());
    if (*header == nullptr) break;
    const auto set = parse_table_set((*header)->name.view());
    if (set && set->table == buckets_.names().table() && set->kind == TableSet::Kind::kLongPair)
      names.emplace_back((*header)->name.view());
  }
  std::sort(names.begin(), names.end());
  return names;
}

/// Takes the names out of `sets` that elements of the table have.
Result<void> Table::leave_out_named(std::vector<std::string>& sets) {
  std::vector<Listed> page;
  std::uint64_t front = 0;
  for (;;) {
    const auto more = next_page(front, page);
    if (!more) return tl::unexpected(more.error());
    if (!*more) return {};
    for (const Listed& listed : page) {
      const auto found = std::lower_bound(sets.begin(), sets.end(), listed.long_set.view());
      if (found != sets.end() && *found == listed.long_set.view()) sets.erase(found);
    }
  }
}

Result<SweepResult> Table::sweep() {
  SweepResult result;
  const auto known = know(false);
  if (!known) return tl::unexpected(known.error());
  if (!*known) return result;
  const auto sets = buckets_.look();
  if (!sets) return tl::unexpected(sets.error());
  for (const std::uint32_t owner : owners_of(*sets)) {
    if (owner == connection_.port_id()) continue;
    const auto claim = connection_.claim_port(owner);
    if (!claim) return tl::unexpected(claim.error());
    if (!*claim) continue;
    result.leftovers += static_cast<std::uint64_t>(
        std::count_if(sets->begin(), sets->end(), [&](const TableSet& set) {
          return set.port_id == owner && set.kind == TableSet::Kind::kBucket;
        }));
    if (auto finished = buckets_.finish_for(owner); !finished)
      return tl::unexpected(finished.error());
  }
  const auto removed = sweep_long_sets();
  if (!removed) return tl::unexpected(removed.error());
  result.leftovers += *removed;
  return result;
}

Result<std::uint64_t> Table::sweep_long_sets() {
  auto orphans = long_sets();
  if (!orphans) return tl::unexpected(orphans.error());
  if (auto left = leave_out_named(*orphans); !left) return tl::unexpected(left.error());
  std::uint64_t count = 0;
  for (const std::string& name : *orphans) {
    // Whoever lives may be about to name it.
    const auto claim = connection_.claim_port(parse_table_set(name)->port_id);
    if (!claim) return tl::unexpected(claim.error());
    if (!*claim) continue;
    batch_.clear();
    batch_.destroy(name);
    if (auto executed = connection_.execute(batch_); !executed)
      return tl::unexpected(executed.error());
    if (batch_.code(0) == 0) ++count;
  }
  return count;
}

}  // namespace ipsetkv::store
