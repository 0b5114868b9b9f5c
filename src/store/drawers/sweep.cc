// SPDX-License-Identifier: MIT

// Clearing away what nobody uses any more: keys whose time has passed, what writers left that died,
// and locks at rest, which the next writer makes again.

#include <chrono>
#include <string>
#include <vector>

#include "format/own_names.h"
#include "ipset/names.h"
#include "store/backoff.h"
#include "store/drawers/drawers.h"
#include "store/drawers/stripe_lock.h"

namespace ipsetkv::store {
namespace {

constexpr std::size_t kBatchBytes = 1024;
constexpr std::chrono::milliseconds kLongestListing{1000};
/// How long somebody is waited for who has the lock.
constexpr std::chrono::milliseconds kShortWait{20};

Result<std::vector<std::string>> names_of_own_sets(ipset::Connection& connection) {
  std::vector<std::string> names;
  const auto listed = ipset::for_each_name(connection, [&](const ipset::SetName& set) {
    const std::string_view name = set.view();
    if (name.starts_with('~') && !format::is_digest(name)) names.emplace_back(name);
  });
  if (!listed) return tl::unexpected(listed.error());
  return names;
}

Result<bool> destroy(ipset::Connection& connection, std::string_view name) {
  ipset::Batch batch = connection.new_batch(kBatchBytes);
  batch.destroy(name);
  if (auto executed = connection.execute(batch); !executed) return tl::unexpected(executed.error());
  return batch.code(0) == 0;
}

/// Removes a spare set or a held lock whose owner is gone; its port id is nobody's meanwhile.
Result<bool> remove_of_dead(ipset::Connection& connection, std::string_view name,
                            std::uint32_t port) {
  const auto claim = connection.claim_port(port);
  if (!claim) return tl::unexpected(claim.error());
  if (!*claim) return false;
  return destroy(connection, name);
}

Result<bool> has_signs(ipset::Connection& connection, std::uint32_t stripe) {
  for (const ipset::SetName& name : {format::wait_marker_name(stripe), format::new_set_name(stripe),
                                     format::mixed_marker_name(stripe)}) {
    const auto header = connection.header(name.view());
    if (!header) return tl::unexpected(header.error());
    if (*header) return true;
  }
  return false;
}

/// Removes the lock of a stripe, while holding it, the sign that types change there, and what a
/// writer that died put up under it; counts the latter. Does nothing where somebody has the lock.
Result<std::uint64_t> remove_stripe(ipset::Connection& connection, std::uint32_t stripe) {
  const ipset::SetName held = format::held_name(connection.port_id(), stripe);
  ipset::Batch batch = connection.new_batch(kBatchBytes);
  batch.rename(format::lock_name(stripe).view(), held.view());
  if (auto executed = connection.execute(batch); !executed) return tl::unexpected(executed.error());
  if (batch.code(0) != 0) {
    const auto left = has_signs(connection, stripe);
    if (!left) return tl::unexpected(left.error());
    Backoff backoff(connection.environment(), kShortWait);
    if (!*left || !StripeLock(connection).acquire(stripe, backoff)) return 0;
  }
  std::uint64_t count = 0;
  for (const ipset::SetName& name :
       {format::wait_marker_name(stripe), format::new_set_name(stripe)}) {
    const auto removed = destroy(connection, name.view());
    if (!removed) return tl::unexpected(removed.error());
    if (*removed) ++count;
  }
  // It is no leftover: like the lock it stays up until nobody has any use for it.
  if (const auto removed = destroy(connection, format::mixed_marker_name(stripe).view()); !removed)
    return tl::unexpected(removed.error());
  // While somebody lists it, it can neither be destroyed nor given back.
  Backoff backoff(connection.environment(), kLongestListing);
  for (;;) {
    const auto lock = destroy(connection, held.view());
    if (!lock) return tl::unexpected(lock.error());
    if (*lock || !backoff.wait()) return count;
  }
}

/// Removes what is left of keys whose time has passed, and counts them.
Result<std::uint64_t> remove_ended(DrawerReader& reader, DrawerWriter& writer) {
  std::vector<std::string> ended;
  const auto read = reader.read_all(format::can_be_key, [&](std::string_view, std::string_view key,
                                                            Content content, const Drawer&) {
    if (content == Content::kEnded && !key.empty()) ended.emplace_back(key);
  });
  if (!read) return tl::unexpected(read.error());
  std::uint64_t count = 0;
  for (const std::string& key : ended) {
    const auto place = format::place_of(key);
    const auto removed = place ? writer.remove_ended(*place) : Result<bool>(false);
    if (removed && *removed) ++count;
  }
  return count;
}

/// Removes spare sets and held locks of writers that died, and counts them.
Result<std::uint64_t> remove_of_the_dead(ipset::Connection& connection) {
  const auto names = names_of_own_sets(connection);
  if (!names) return tl::unexpected(names.error());
  std::uint64_t count = 0;
  for (const std::string& name : *names) {
    const auto owner = format::owner_of(name);
    if (!owner || owner->port == connection.port_id()) continue;
    const auto removed = remove_of_dead(connection, name, owner->port);
    if (!removed) return tl::unexpected(removed.error());
    if (*removed) ++count;
  }
  return count;
}

}  // namespace

Result<std::uint64_t> sweep_dead_writers(ipset::Connection& connection) {
  auto leftovers = remove_of_the_dead(connection);
  if (!leftovers) return leftovers;
  for (std::uint32_t stripe = 0; stripe < format::kStripes; ++stripe) {
    const auto removed = remove_stripe(connection, stripe);
    if (!removed) return removed;
    *leftovers += *removed;
  }
  return leftovers;
}

Result<SweepResult> Drawers::sweep() {
  const auto ended = remove_ended(reader_, writer_);
  if (!ended) return tl::unexpected(ended.error());
  const auto leftovers = sweep_dead_writers(connection_);
  if (!leftovers) return tl::unexpected(leftovers.error());
  return SweepResult{.expired = *ended, .leftovers = *leftovers};
}

}  // namespace ipsetkv::store
