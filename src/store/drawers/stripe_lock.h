// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "format/own_names.h"
#include "ipset/connection.h"
#include "ipset/fixed_text.h"
#include "ipsetkv/error.h"
#include "store/backoff.h"
#include "store/drawers/stripe_hold.h"

namespace ipsetkv::store {

/// The locks by which writers exclude each other, one for each stripe of keys. How they work is
/// explained at the top of stripe_lock.cc. Waiting ends with the limit of the Backoff given, which
/// must outlive the hold.
class StripeLock {
 public:
  explicit StripeLock(ipset::Connection& connection);

  /// Acquires the lock, and waits for it. kLocked if others held it until the time was up.
  [[nodiscard]] Result<StripeHold> acquire(std::uint32_t stripe, Backoff& backoff);
  /// The same without waiting; empty if the lock is held or does not exist.
  [[nodiscard]] Result<std::optional<StripeHold>> try_acquire(std::uint32_t stripe,
                                                              Backoff& backoff);
  /// A hold whose first batch acquires the lock.
  [[nodiscard]] StripeHold defer(std::uint32_t stripe, Backoff& backoff);

  /// To be called after a deferred hold was refused, and before trying again: waits, and releases
  /// the lock of a holder that died. kLocked if the time is up.
  [[nodiscard]] Result<void> wait(std::uint32_t stripe, Backoff& backoff);

 private:
  friend class StripeHold;

  /// The name under which the lock of a stripe is held, and by whom.
  struct Holder {
    ipset::SetName name;
    std::uint32_t port = 0;
  };
  struct Sighting {
    bool free = false;
    std::optional<Holder> holder;
  };

  ipset::Command queue_acquire(ipset::Batch& batch, std::uint32_t stripe) const;
  /// Without the lock the command fails and does no harm.
  ipset::Command queue_release(ipset::Batch& batch, std::uint32_t stripe) const;
  /// Tries once to acquire the lock; whether it succeeded.
  [[nodiscard]] Result<bool> try_take(std::uint32_t stripe, Backoff& backoff);
  [[nodiscard]] Result<void> take(std::uint32_t stripe, Backoff& backoff);
  void release(std::uint32_t stripe, Backoff& backoff);
  /// Releases locks for which `release` had to give up.
  void release_overdue(Backoff& backoff);
  /// Destroys the set of a lock that is held; whether it succeeded.
  [[nodiscard]] bool destroy(std::uint32_t stripe, Backoff& backoff);

  [[nodiscard]] Result<Sighting> look(std::uint32_t stripe);
  [[nodiscard]] Result<void> repair(std::uint32_t stripe, Backoff& backoff);
  [[nodiscard]] Result<void> create(std::uint32_t stripe);

  ipset::Connection& connection_;
  ipset::Batch batch_;
  std::array<ipset::SetName, format::kStripes> free_;
  std::array<ipset::SetName, format::kStripes> held_;
  std::uint32_t overdue_ = 0;  ///< A bit for each stripe whose lock could not be released.
};

}  // namespace ipsetkv::store
