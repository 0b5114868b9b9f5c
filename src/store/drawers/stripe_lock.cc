// SPDX-License-Identifier: MIT

// How writers exclude each other
//
// A lock is an empty set. While it is free, its name is `~lock-<stripe>`. A writer acquires it by
// renaming it to `~<port id>-<stripe>`, a name of its own, and releases it by renaming it back. Of
// several such renames the kernel lets one succeed. Nothing in ipset makes one command of a batch
// depend on another, except names: the other commands of a batch that acquires the lock name it by
// its held name, so without the lock they fail and have no effect.
//
// Dead holders: the held name tells whose the lock is, and a port id that can be bound has no
// owner. A waiter binds the holder's port id, which keeps any process from getting it meanwhile,
// and renames the lock back. A lock is never taken from a live process, however slow.
//
// Releasing: the rename fails while somebody lists the lock's set, as every process does that looks
// for a holder, and sending may fail under memory pressure. So the holder tries again until the
// time limit of its operation. If that was not enough, the StripeLock notes the stripe as overdue,
// and releases its lock at the beginning of the next operation.
//
// Missing locks: the first writer of a stripe finds no lock under any name, nor does the first one
// after a sweep. A lock is created under a port id reserved for that, so that one process at a time
// looks for the stripe's lock and creates it. A lock stays in its slot of the kernel's table
// whatever its name is, so that a listing, however long, shows an existing one exactly once.

#include "store/drawers/stripe_lock.h"

#include <cassert>
#include <cerrno>
#include <functional>

#include "format/numbers.h"
#include "ipset/names.h"
#include "store/drawers/retry.h"

namespace ipsetkv::store {
namespace {

constexpr std::size_t kBatchBytes = 1024;

/// The process that creates the lock of a stripe holds this port id plus the stripe's number: below
/// all random ones and above all process ids.
constexpr std::uint32_t kMakersPort = 0x0070'0000;

}  // namespace

StripeLock::StripeLock(ipset::Connection& connection)
    : connection_(connection), batch_(connection.new_batch(kBatchBytes)) {
  for (std::uint32_t stripe = 0; stripe < format::kStripes; ++stripe) {
    free_[stripe] = format::lock_name(stripe);
    held_[stripe] = format::held_name(connection.port_id(), stripe);
  }
}

ipset::Command StripeLock::queue_acquire(ipset::Batch& batch, std::uint32_t stripe) const {
  return batch.rename(free_[stripe].view(), held_[stripe].view());
}

ipset::Command StripeLock::queue_release(ipset::Batch& batch, std::uint32_t stripe) const {
  return batch.rename(held_[stripe].view(), free_[stripe].view());
}

Result<StripeHold> StripeLock::acquire(std::uint32_t stripe, Backoff& backoff) {
  if (auto taken = take(stripe, backoff); !taken) return tl::unexpected(taken.error());
  return Result<StripeHold>(tl::in_place, *this, stripe, backoff, StripeHold::State::kHeld);
}

Result<std::optional<StripeHold>> StripeLock::try_acquire(std::uint32_t stripe, Backoff& backoff) {
  const auto taken = try_take(stripe, backoff);
  if (!taken) return tl::unexpected(taken.error());
  if (!*taken) return std::nullopt;
  return StripeHold(*this, stripe, backoff, StripeHold::State::kHeld);
}

StripeHold StripeLock::defer(std::uint32_t stripe, Backoff& backoff) {
  assert(stripe < format::kStripes);
  if (overdue_ != 0) release_overdue(backoff);
  return {*this, stripe, backoff, StripeHold::State::kDeferred};
}

Result<bool> StripeLock::try_take(std::uint32_t stripe, Backoff& backoff) {
  assert(stripe < format::kStripes);
  if (overdue_ != 0) release_overdue(backoff);
  batch_.clear();
  const ipset::Command rename = queue_acquire(batch_, stripe);
  const auto result = connection_.send(batch_);
  if (result) return (*result)[rename] == 0;
  // If it is the reply that was lost, the lock may be held.
  release(stripe, backoff);
  return tl::unexpected(result.error());
}

Result<void> StripeLock::take(std::uint32_t stripe, Backoff& backoff) {
  for (;;) {
    const auto taken = try_take(stripe, backoff);
    if (!taken) return tl::unexpected(taken.error());
    if (*taken) return {};
    if (auto waited = wait(stripe, backoff); !waited) return waited;
  }
}

void StripeLock::release(std::uint32_t stripe, Backoff& backoff) {
  batch_.clear();
  (void)queue_release(batch_, stripe);
  const auto code = execute_persistently(connection_, batch_, backoff);
  const std::uint32_t bit = 1U << stripe;
  overdue_ = code && !is_busy(*code) ? overdue_ & ~bit : overdue_ | bit;
}

void StripeLock::release_overdue(Backoff& backoff) {
  for (std::uint32_t stripe = 0; stripe < format::kStripes; ++stripe)
    if ((overdue_ >> stripe & 1) != 0) release(stripe, backoff);
}

bool StripeLock::destroy(std::uint32_t stripe, Backoff& backoff) {
  batch_.clear();
  (void)batch_.destroy(held_[stripe].view());
  const auto code = execute_persistently(connection_, batch_, backoff);
  return code && *code == 0;
}

Result<void> StripeLock::wait(std::uint32_t stripe, Backoff& backoff) {
  // Looking for the holder lists all sets; most locks are released within microseconds.
  if (backoff.is_short() && backoff.waits() > 0 && backoff.wait()) return {};
  if (auto repaired = repair(stripe, backoff); !repaired) return repaired;
  if (backoff.wait()) return {};
  const Error error{.code = ErrorCode::kLocked, .step = Step::kRename};
  return tl::unexpected(error);
}

Result<StripeLock::Sighting> StripeLock::look(std::uint32_t stripe) {
  Sighting sighting;
  const auto visit = [&](const ipset::SetName& name) {
    if (name == free_[stripe]) sighting.free = true;
    const auto owner = format::owner_of(name.view());
    if (owner && owner->stripe == stripe)
      sighting.holder = Holder{.name = name, .port = owner->port};
  };
  // By reference, which allocates nothing.
  const auto listed = ipset::for_each_name(connection_, std::ref(visit));
  if (!listed) return tl::unexpected(listed.error());
  return sighting;
}

Result<void> StripeLock::repair(std::uint32_t stripe, Backoff& backoff) {
  const auto sighting = look(stripe);
  if (!sighting) return tl::unexpected(sighting.error());
  if (sighting->free) return {};
  if (!sighting->holder) return create(stripe);
  if (sighting->holder->name == held_[stripe]) {
    release(stripe, backoff);
    return {};
  }
  const auto claim = connection_.claim_port(sighting->holder->port);
  if (!claim) return tl::unexpected(claim.error());
  if (!*claim) return {};
  batch_.clear();
  (void)batch_.rename(sighting->holder->name.view(), free_[stripe].view());
  if (auto result = connection_.send(batch_); !result) return tl::unexpected(result.error());
  return {};
}

Result<void> StripeLock::create(std::uint32_t stripe) {
  const auto claim = connection_.claim_port(kMakersPort + stripe);
  if (!claim) return tl::unexpected(claim.error());
  if (!*claim) return {};
  const auto sighting = look(stripe);
  if (!sighting) return tl::unexpected(sighting.error());
  if (sighting->free || sighting->holder) return {};
  const auto revision = connection_.choose_revision(
      ipset::SetType::kHashIpPort, ipset::Family::kInet, {}, format::kNeededRevision);
  if (!revision) return tl::unexpected(revision.error());
  batch_.clear();
  const ipset::Command create =
      batch_.create(free_[stripe].view(), ipset::SetType::kHashIpPort, ipset::Family::kInet,
                    *revision, {.hashsize = ipset::kMinHashSize});
  const auto result = connection_.send(batch_);
  if (!result) return tl::unexpected(result.error());
  const std::int32_t code = (*result)[create];
  if (code != 0 && code != EEXIST) return tl::unexpected(result->error(create));
  return {};
}

}  // namespace ipsetkv::store
