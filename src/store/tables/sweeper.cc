// SPDX-License-Identifier: MIT
#include "store/tables/sweeper.h"

#include <algorithm>
#include <utility>

#include "ipset/names.h"
#include "store/drawers/drawers.h"

namespace ipsetkv::store {
namespace {

/// Each claim is a socket.
constexpr std::size_t kMostClaims = 256;

/// The port ids of other writers in the names of buckets that are not open.
std::set<std::uint32_t> owners_of(const std::vector<format::TableSet>& sets, std::uint32_t self) {
  std::set<std::uint32_t> owners;
  for (const format::TableSet& set : sets)
    if (set.kind == format::TableSet::Kind::kBucket && set.port_id != 0 && set.port_id != self)
      owners.insert(set.port_id);
  return owners;
}

}  // namespace

Result<std::vector<std::string>> TableSweeper::names_of(
    const std::function<bool(const format::TableSet&)>& wanted) {
  std::vector<std::string> names;
  const auto visit = [&](const ipset::SetName& name) {
    const auto set = format::parse_table_set(name.view());
    if (set && set->table == table_.name() && wanted(*set)) names.emplace_back(name.view());
  };
  if (auto listed = ipset::for_each_name(table_.connection(), visit); !listed)
    return tl::unexpected(listed.error());
  return names;
}

std::uint64_t TableSweeper::destroy(const Names& names) {
  Backoff backoff = table_.new_backoff();
  std::uint64_t count = 0;
  for (const std::string& name : names)
    if (table_.buckets().destroy(ipset::SetName(name), backoff) == true) ++count;
  return count;
}

Result<std::uint64_t> TableSweeper::finish_for_the_dead() {
  std::uint64_t count = 0;
  Backoff backoff = table_.new_backoff();
  const auto sets = table_.buckets().look();
  if (!sets) return tl::unexpected(sets.error());
  for (const std::uint32_t owner : owners_of(*sets, table_.connection().port_id())) {
    const auto claim = table_.connection().claim_port(owner);
    if (!claim) return tl::unexpected(claim.error());
    if (!*claim) continue;
    count +=
        static_cast<std::uint64_t>(std::ranges::count(*sets, owner, &format::TableSet::port_id));
    if (auto finished = table_.buckets().finish_for(owner, backoff); !finished)
      return tl::unexpected(finished.error());
  }
  return count;
}

Result<std::uint64_t> TableSweeper::sweep_former_sets() {
  // A process that makes a table makes its head last, under this very claim.
  const auto claim = claim_making(table_.connection(), table_.name());
  if (!claim) return tl::unexpected(claim.error());
  if (!*claim) return 0;
  const auto head = read_head(table_.connection(), table_.names().head());
  if (!head) return tl::unexpected(head.error());
  const auto names = names_of([&](const format::TableSet& set) {
    return set.kind != format::TableSet::Kind::kHead &&
           (!*head || set.generation != (*head)->secret.generation());
  });
  if (!names) return tl::unexpected(names.error());
  return destroy(Names(names->begin(), names->end()));
}

Result<void> TableSweeper::erase_named(Names& long_sets) {
  Page page;
  for (Front front = 0; !long_sets.empty();) {
    const auto more = pages_.next(front, page);
    if (!more) return tl::unexpected(more.error());
    if (!*more) return {};
    for (const Listed& listed : page.keys) {
      const auto found = long_sets.find(listed.long_set.view());
      if (found != long_sets.end()) long_sets.erase(found);
    }
  }
  return {};
}

Result<TableSweeper::Names> TableSweeper::claim_owners(Names& long_sets, Claims& claims) const {
  Names claimed;
  while (!long_sets.empty() && claims.size() < kMostClaims) {
    auto name = long_sets.extract(long_sets.begin());
    const std::uint32_t owner = format::parse_table_set(name.value())->port_id;
    if (owner != table_.connection().port_id() && !claims.contains(owner)) {
      auto claim = table_.connection().claim_port(owner);
      if (!claim) return tl::unexpected(claim.error());
      if (!*claim) continue;
      claims.emplace(owner, *std::move(*claim));
    }
    claimed.insert(std::move(name));
  }
  return claimed;
}

Result<std::uint64_t> TableSweeper::sweep_long_pairs() {
  const auto all = names_of(
      [](const format::TableSet& set) { return set.kind == format::TableSet::Kind::kLongPair; });
  if (!all) return tl::unexpected(all.error());
  Names unnamed(all->begin(), all->end());
  if (auto erased = erase_named(unnamed); !erased) return tl::unexpected(erased.error());
  std::uint64_t count = 0;
  while (!unnamed.empty()) {
    // A living writer may be about to name its set; this one is not. Only when the port ids of the
    // dead are claimed is it certain that no new process writes under them.
    Claims claims;
    auto orphans = claim_owners(unnamed, claims);
    if (!orphans) return tl::unexpected(orphans.error());
    if (auto erased = erase_named(*orphans); !erased) return tl::unexpected(erased.error());
    count += destroy(*orphans);
  }
  return count;
}

Result<SweepResult> TableSweeper::sweep() {
  SweepResult result;
  Backoff backoff = table_.new_backoff();
  const auto loaded = table_.load_head(backoff);
  if (!loaded) return tl::unexpected(loaded.error());
  std::vector<Result<std::uint64_t>> counts;
  if (*loaded) {
    counts.push_back(finish_for_the_dead());
    counts.push_back(sweep_long_pairs());
    Backoff growth_backoff = table_.new_backoff();
    table_.growth().follow_all(growth_backoff);
  }
  counts.push_back(sweep_former_sets());
  counts.push_back(sweep_dead_writers(table_.connection()));
  for (const auto& count : counts) {
    if (!count) return tl::unexpected(count.error());
    result.leftovers += *count;
  }
  return result;
}

Result<std::optional<TableInfo>> TableSweeper::info() {
  Backoff backoff = table_.new_backoff();
  const auto loaded = table_.load_head(backoff);
  if (!loaded) return tl::unexpected(loaded.error());
  if (!*loaded) return std::nullopt;
  TableInfo info;
  info.name = table_.name();
  auto listing = table_.connection().list({}, ipset::ListMode::kHeaders);
  if (!listing) return tl::unexpected(listing.error());
  for (;;) {
    const auto header = listing->next_set();
    if (!header) return tl::unexpected(header.error());
    if (*header == nullptr) break;
    const auto set = format::parse_table_set((*header)->name.view());
    if (!set || set->table != table_.name()) continue;
    ++info.sets;
    info.kernel_memory += (*header)->memory_bytes;
    if (set->kind == format::TableSet::Kind::kLongPair) ++info.long_pairs;
    if (set->kind != format::TableSet::Kind::kBucket || set->state == format::BucketState::kFilling)
      continue;
    info.bucket_keys.push_back((*header)->elements.value_or(0));
    info.keys += info.bucket_keys.back();
  }
  std::ranges::sort(info.bucket_keys);
  return info;
}

Result<bool> TableSweeper::drop(const Backend::DropProgress& progress) {
  Backoff backoff = table_.new_backoff();
  const auto loaded = table_.load_head(backoff);
  if (!loaded) return tl::unexpected(loaded.error());
  if (!*loaded) return false;
  // Without its head no process finds the table any more.
  const std::uint32_t generation = table_.head().secret.generation();
  const auto destroyed = table_.buckets().destroy(table_.names().head(), backoff);
  if (!destroyed) return destroyed;
  if (!*destroyed) return tl::unexpected(Error{.code = ErrorCode::kBusy}.about(table_.name()));
  const auto names =
      names_of([&](const format::TableSet& set) { return set.generation == generation; });
  if (!names) return tl::unexpected(names.error());
  table_.forget();
  std::uint64_t done = 0;
  for (const std::string& name : *names) {
    (void)table_.buckets().destroy(ipset::SetName(name), backoff);
    if (progress) progress(++done, names->size());
  }
  // What other processes were splitting or merging has other names by now.
  const auto rest = sweep_former_sets();
  if (!rest) return tl::unexpected(rest.error());
  return true;
}

}  // namespace ipsetkv::store
