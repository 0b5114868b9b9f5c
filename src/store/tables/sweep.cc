// SPDX-License-Identifier: MIT

// Clearing away what nobody uses any more of a table: what writers left unfinished that died, sets
// of a table that was dropped, and those of long pairs that no element names; and joining buckets
// that have become nearly empty.

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "store/drawers/drawers.h"
#include "store/tables/table.h"

namespace ipsetkv::store {
namespace {

/// At once: a claim is a socket.
constexpr std::size_t kMostClaims = 256;

/// The port ids of others in the names of buckets that are not open.
std::set<std::uint32_t> owners_of(const std::vector<format::TableSet>& sets, std::uint32_t self) {
  std::set<std::uint32_t> owners;
  for (const format::TableSet& set : sets)
    if (set.kind == format::TableSet::Kind::kBucket && set.port_id != 0 && set.port_id != self)
      owners.insert(set.port_id);
  return owners;
}

}  // namespace

Result<std::vector<std::string>> Table::names_of(
    const std::function<bool(const format::TableSet&)>& wanted) {
  std::vector<std::string> names;
  auto listing = connection_.list({}, ipset::ListMode::kNames);
  if (!listing) return tl::unexpected(listing.error());
  for (;;) {
    const auto header = listing->next_set();
    if (!header) return tl::unexpected(header.error());
    if (*header == nullptr) return names;
    const auto set = format::parse_table_set((*header)->name.view());
    if (set && set->table == table() && wanted(*set)) names.emplace_back((*header)->name.view());
  }
}

Result<std::uint64_t> Table::finish_for_the_dead() {
  std::uint64_t count = 0;
  const auto sets = buckets_.look();
  if (!sets) return tl::unexpected(sets.error());
  for (const std::uint32_t owner : owners_of(*sets, connection_.port_id())) {
    const auto claim = connection_.claim_port(owner);
    if (!claim) return tl::unexpected(claim.error());
    if (!*claim) continue;
    count +=
        static_cast<std::uint64_t>(std::ranges::count(*sets, owner, &format::TableSet::port_id));
    if (auto finished = buckets_.finish_for(owner); !finished)
      return tl::unexpected(finished.error());
  }
  return count;
}

Result<std::uint64_t> Table::sweep_former_sets() {
  // Whoever makes a table makes its head last, under this very claim.
  const auto claim = claim_making(connection_, table());
  if (!claim) return tl::unexpected(claim.error());
  if (!*claim) return 0;
  const auto head = read_head(connection_, buckets_.names().head());
  if (!head) return tl::unexpected(head.error());
  const auto names = names_of([&](const format::TableSet& set) {
    return set.kind != format::TableSet::Kind::kHead &&
           (!*head || set.generation != (*head)->secret.generation());
  });
  if (!names) return tl::unexpected(names.error());
  std::uint64_t count = 0;
  for (const std::string& name : *names)
    if (buckets_.destroy(ipset::SetName(name))) ++count;
  return count;
}

Result<void> Table::leave_unnamed(Names& long_sets) {
  Page page;
  for (std::uint64_t front = 0; !long_sets.empty();) {
    const auto more = next_page(front, page);
    if (!more) return tl::unexpected(more.error());
    if (!*more) return {};
    for (const Listed& listed : page.keys) {
      const auto found = long_sets.find(listed.long_set.view());
      if (found != long_sets.end()) long_sets.erase(found);
    }
  }
  return {};
}

Result<Table::Names> Table::claim_owners(Names& long_sets, Claims& claims) const {
  Names claimed;
  while (!long_sets.empty() && claims.size() < kMostClaims) {
    auto name = long_sets.extract(long_sets.begin());
    const std::uint32_t owner = format::parse_table_set(name.value())->port_id;
    if (owner != connection_.port_id() && !claims.contains(owner)) {
      auto claim = connection_.claim_port(owner);
      if (!claim) return tl::unexpected(claim.error());
      if (!*claim) continue;
      claims.emplace(owner, *std::move(*claim));
    }
    claimed.insert(std::move(name));
  }
  return claimed;
}

Result<std::uint64_t> Table::sweep_long_pairs() {
  const auto all = names_of(
      [](const format::TableSet& set) { return set.kind == format::TableSet::Kind::kLongPair; });
  if (!all) return tl::unexpected(all.error());
  Names unnamed(all->begin(), all->end());
  if (auto left = leave_unnamed(unnamed); !left) return tl::unexpected(left.error());
  std::uint64_t count = 0;
  while (!unnamed.empty()) {
    // Whoever lives may be about to name one; this Store is not. The dead are kept from coming to
    // life again, and only then is it known that they have not.
    Claims claims;
    auto orphans = claim_owners(unnamed, claims);
    if (!orphans) return tl::unexpected(orphans.error());
    if (auto left = leave_unnamed(*orphans); !left) return tl::unexpected(left.error());
    for (const std::string& name : *orphans)
      if (buckets_.destroy(ipset::SetName(name))) ++count;
  }
  return count;
}

Result<SweepResult> Table::sweep() {
  SweepResult result;
  const auto known = know(false);
  if (!known) return tl::unexpected(known.error());
  std::vector<Result<std::uint64_t>> counts;
  if (*known) {
    counts.push_back(finish_for_the_dead());
    counts.push_back(sweep_long_pairs());
    growth_.follow_all();
  }
  counts.push_back(sweep_former_sets());
  counts.push_back(sweep_dead_writers(connection_));
  for (const auto& count : counts) {
    if (!count) return tl::unexpected(count.error());
    result.leftovers += *count;
  }
  return result;
}

Result<std::optional<TableInfo>> Table::table_info() {
  const auto known = know(false);
  if (!known) return tl::unexpected(known.error());
  if (!*known) return std::nullopt;
  TableInfo info;
  info.name = table();
  auto listing = connection_.list({}, ipset::ListMode::kHeaders);
  if (!listing) return tl::unexpected(listing.error());
  for (;;) {
    const auto header = listing->next_set();
    if (!header) return tl::unexpected(header.error());
    if (*header == nullptr) break;
    const auto set = format::parse_table_set((*header)->name.view());
    if (!set || set->table != table()) continue;
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

Result<bool> Table::drop(const DropProgress& progress) {
  const auto known = know(false);
  if (!known) return tl::unexpected(known.error());
  if (!*known) return false;
  // Without its head nobody finds the table any more.
  const std::uint32_t generation = head_->secret.generation();
  if (!buckets_.destroy(buckets_.names().head()))
    return tl::unexpected(Error{.code = ErrorCode::kBusy}.about(table()));
  const auto names =
      names_of([&](const format::TableSet& set) { return set.generation == generation; });
  if (!names) return tl::unexpected(names.error());
  forget();
  std::uint64_t done = 0;
  for (const std::string& name : *names) {
    (void)buckets_.destroy(ipset::SetName(name));
    if (progress) progress(++done, names->size());
  }
  // What others were just halving or joining has other names by now.
  const auto rest = sweep_former_sets();
  if (!rest) return tl::unexpected(rest.error());
  return true;
}

}  // namespace ipsetkv::store
