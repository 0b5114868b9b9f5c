// SPDX-License-Identifier: MIT

// Removing what is not used any more: expired keys, what dead writers left, and free locks, which
// the next writer creates again.

#include <algorithm>
#include <chrono>
#include <optional>
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
/// How long to wait for a lock that is held.
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
  const ipset::Command destroy = batch.destroy(name);
  const auto result = connection.send(batch);
  if (!result) return tl::unexpected(result.error());
  return (*result)[destroy] == 0;
}

/// Removes a spare set or a held lock whose owner is dead. Claims its port id meanwhile.
Result<bool> remove_of_dead(ipset::Connection& connection, std::string_view name,
                            std::uint32_t port) {
  const auto claim = connection.claim_port(port);
  if (!claim) return tl::unexpected(claim.error());
  if (!*claim) return false;
  return destroy(connection, name);
}

Result<bool> has_markers(ipset::Connection& connection, std::uint32_t stripe) {
  for (const ipset::SetName& name : {format::wait_marker_name(stripe), format::new_set_name(stripe),
                                     format::mixed_marker_name(stripe)}) {
    const auto header = connection.header(name.view());
    if (!header) return tl::unexpected(header.error());
    if (*header) return true;
  }
  return false;
}

/// The lock of a stripe; empty if there is none or if it is held. Waits for it only where there is
/// something else to remove.
Result<std::optional<StripeHold>> acquire_to_sweep(ipset::Connection& connection, StripeLock& lock,
                                                   std::uint32_t stripe, Backoff& backoff) {
  Backoff waiting(connection.environment(), std::min(kShortWait, backoff.remaining()));
  for (bool is_needed = false;;) {
    auto hold = lock.try_acquire(stripe, backoff);
    if (!hold || *hold) return hold;
    if (!is_needed) {
      const auto left = has_markers(connection, stripe);
      if (!left) return tl::unexpected(left.error());
      if (!*left) return hold;
      is_needed = true;
    }
    if (!lock.wait(stripe, waiting)) return hold;
  }
}

/// Removes the lock of a stripe, its mixed-type marker, and what a dead writer has left under the
/// lock; counts the latter. Does nothing while the lock is held.
Result<std::uint64_t> remove_stripe(ipset::Connection& connection, StripeLock& lock,
                                    std::uint32_t stripe, Backoff& backoff) {
  auto hold = acquire_to_sweep(connection, lock, stripe, backoff);
  if (!hold) return tl::unexpected(hold.error());
  if (!*hold) return 0;
  std::uint64_t count = 0;
  for (const ipset::SetName& name :
       {format::wait_marker_name(stripe), format::new_set_name(stripe)}) {
    const auto removed = destroy(connection, name.view());
    if (!removed) return tl::unexpected(removed.error());
    if (*removed) ++count;
  }
  // It is no leftover: like the lock it stays until it is swept.
  if (const auto removed = destroy(connection, format::mixed_marker_name(stripe).view()); !removed)
    return tl::unexpected(removed.error());
  (*hold)->discard_set();
  return count;
}

/// Whether a live process keeps a key from being removed: the next sweep finds it again.
bool is_in_use(const Error& error) {
  switch (error.code) {
    case ErrorCode::kBusy:
    case ErrorCode::kLocked:
    case ErrorCode::kReferenced:
    case ErrorCode::kNotAValue:
      return true;
    default:
      return false;
  }
}

/// Removes what is left of expired keys, and counts them.
Result<std::uint64_t> remove_expired(DrawerReader& reader, DrawerWriter& writer) {
  std::vector<std::string> expired;
  const auto read = reader.read_all(format::can_be_key, [&](std::string_view, std::string_view key,
                                                            Content content, const Drawer&) {
    if (content == Content::kExpired && !key.empty()) expired.emplace_back(key);
  });
  if (!read) return tl::unexpected(read.error());
  std::uint64_t count = 0;
  for (const std::string& key : expired) {
    const auto place = format::place_of(key);
    const auto removed = place ? writer.remove_expired(*place) : Result<bool>(false);
    if (!removed && !is_in_use(removed.error())) return tl::unexpected(removed.error());
    if (removed && *removed) ++count;
  }
  return count;
}

/// Removes spare sets and held locks of dead writers, and counts them.
Result<std::uint64_t> remove_sets_of_the_dead(ipset::Connection& connection) {
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
  auto leftovers = remove_sets_of_the_dead(connection);
  if (!leftovers) return leftovers;
  StripeLock lock(connection);
  Backoff backoff(connection.environment(), connection.timeout());
  for (std::uint32_t stripe = 0; stripe < format::kStripes; ++stripe) {
    const auto removed = remove_stripe(connection, lock, stripe, backoff);
    if (!removed) return removed;
    *leftovers += *removed;
  }
  return leftovers;
}

Result<SweepResult> Drawers::sweep() {
  const auto expired = remove_expired(reader_, writer_);
  if (!expired) return tl::unexpected(expired.error());
  const auto leftovers = sweep_dead_writers(connection_);
  if (!leftovers) return tl::unexpected(leftovers.error());
  return SweepResult{.expired = *expired, .leftovers = *leftovers};
}

}  // namespace ipsetkv::store
