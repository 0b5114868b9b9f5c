// SPDX-License-Identifier: MIT

// How writers exclude each other
//
// A lock is an empty set. While nobody has it, its name is `~lock-<stripe>`; a writer takes it by
// renaming it to `~<port id>-<stripe>`, its own name, and gives it back by renaming it again. The
// kernel lets one rename of several succeed. Nothing in ipset makes one command of a batch depend
// on another, except names: whatever else the writer does in the same batch names the lock as its
// own, and so fails and harms nothing where the lock was not to be had.
//
// Who died: the name says whose the lock is, and a port id that can be bound has no owner. Whoever
// waits binds the holder's port id, which keeps it from coming to life again, and renames the lock
// back. Renaming fails while somebody lists the lock, as all do who look for a holder: whoever
// gives a lock back sees that it is so, and tries again. A lock is never taken from a live process,
// however slow.
//
// Locks that are not there: the first writer of a stripe finds none under any name, nor does one
// who comes after a sweep. Locks are made under a port id of their own, so that one process at a
// time looks for the stripe's lock and makes it. A lock stays in its slot of the kernel's table
// whatever it is called, so that a listing, however long, shows one that is there exactly once.

#include "store/drawers/stripe_lock.h"
#include "format/own_names.h"

#include <cerrno>

#include "format/numbers.h"
#include "ipset/names.h"

namespace ipsetkv::store {
namespace {

constexpr std::size_t kBatchBytes = 1024;

/// A listing of all sets, which may be at the lock when it is to be renamed, is gone on with at
/// once unless its reader is stopped. Then the lock stays, and its owner gives it back when he next
/// waits for it.
constexpr std::chrono::milliseconds kLongestListing{1000};

/// Whoever makes the lock of a stripe has this port id and the stripe's number; below all random
/// ones and above all process ids.
constexpr std::uint32_t kMakersPort = 0x0070'0000;

}  // namespace

StripeLock::StripeLock(ipset::Connection& connection)
    : connection_(connection), batch_(connection.new_batch(kBatchBytes)) {
  for (std::uint32_t stripe = 0; stripe < format::kStripes; ++stripe) {
    free_[stripe] = format::lock_name(stripe);
    held_[stripe] = format::held_name(connection.port_id(), stripe);
  }
}

void StripeLock::queue_acquire(ipset::Batch& batch, std::uint32_t stripe) const {
  batch.rename(free_[stripe].view(), held_[stripe].view());
}

void StripeLock::queue_release(ipset::Batch& batch, std::uint32_t stripe) const {
  batch.rename(held_[stripe].view(), free_[stripe].view());
}

Result<void> StripeLock::acquire(std::uint32_t stripe, Backoff& backoff) {
  for (;;) {
    batch_.clear();
    queue_acquire(batch_, stripe);
    if (auto executed = connection_.execute(batch_); !executed) return executed;
    if (batch_.code(0) == 0) return {};
    if (auto waited = wait(stripe, backoff); !waited) return waited;
  }
}

void StripeLock::release(std::uint32_t stripe) {
  Backoff backoff(connection_.environment(), kLongestListing);
  do {
    batch_.clear();
    queue_release(batch_, stripe);
    if (!connection_.execute(batch_)) return;
  } while (batch_.code(0) == IPSET_ERR_REFERENCED && backoff.wait());
}

void StripeLock::see_released(const ipset::Batch& batch, std::size_t release_command,
                              std::uint32_t stripe) {
  if (batch.code(release_command) == IPSET_ERR_REFERENCED) release(stripe);
}

void StripeLock::renew(std::uint32_t stripe, std::chrono::milliseconds timeout) {
  Backoff backoff(connection_.environment(), timeout);
  if (!acquire(stripe, backoff)) return;
  do {
    batch_.clear();
    batch_.destroy(held_[stripe].view());
    if (!connection_.execute(batch_)) return;
  } while (batch_.code(0) == IPSET_ERR_BUSY && backoff.wait());
}

Result<void> StripeLock::wait(std::uint32_t stripe, Backoff& backoff) {
  // Looking for the holder walks all sets; most locks are back within microseconds.
  if (backoff.is_short() && backoff.waits() > 0 && backoff.wait()) return {};
  if (auto repaired = repair(stripe); !repaired) return repaired;
  if (backoff.wait()) return {};
  const Error error{.code = ErrorCode::kLocked, .step = Step::kRename};
  return tl::unexpected(error);
}

Result<StripeLock::Sighting> StripeLock::look(std::uint32_t stripe) {
  Sighting sighting;
  const auto listed = ipset::for_each_name(connection_, [&](const ipset::SetName& name) {
    if (name == free_[stripe]) sighting.free = true;
    const auto owner = format::owner_of(name.view());
    if (owner && owner->stripe == stripe)
      sighting.holder = Holder{.name = name, .port = owner->port};
  });
  if (!listed) return tl::unexpected(listed.error());
  return sighting;
}

Result<void> StripeLock::repair(std::uint32_t stripe) {
  const auto sighting = look(stripe);
  if (!sighting) return tl::unexpected(sighting.error());
  if (sighting->free) return {};
  if (!sighting->holder) return create(stripe);
  if (sighting->holder->name == held_[stripe]) {
    release(stripe);
    return {};
  }
  const auto claim = connection_.claim_port(sighting->holder->port);
  if (!claim) return tl::unexpected(claim.error());
  if (!*claim) return {};
  batch_.clear();
  batch_.rename(sighting->holder->name.view(), free_[stripe].view());
  return connection_.execute(batch_);
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
  batch_.create(free_[stripe].view(), ipset::SetType::kHashIpPort, ipset::Family::kInet, *revision,
                {.hashsize = ipset::kMinHashSize});
  if (auto executed = connection_.execute(batch_); !executed) return executed;
  if (batch_.code(0) != 0 && batch_.code(0) != EEXIST) return tl::unexpected(batch_.error(0));
  return {};
}

}  // namespace ipsetkv::store
