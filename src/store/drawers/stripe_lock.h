// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "format/key.h"
#include "format/own_names.h"
#include "ipset/connection.h"
#include "ipset/fixed_text.h"
#include "ipsetkv/error.h"
#include "store/backoff.h"

namespace ipsetkv::store {

/// The locks by which writers exclude each other, one for each stripe of keys. How they work stands
/// at the top of stripe_lock.cc.
class StripeLock {
 public:
  explicit StripeLock(ipset::Connection& connection);

  /// The name of the lock of `stripe` while this connection holds it: what a message names to have
  /// an effect only under the lock.
  [[nodiscard]] const ipset::SetName& held(std::uint32_t stripe) const { return held_[stripe]; }

  /// Queues taking the lock: if the message fails, somebody else has it.
  void queue_acquire(ipset::Batch& batch, std::uint32_t stripe) const;
  /// Queues giving it back. Without the lock the message fails and does no harm.
  void queue_release(ipset::Batch& batch, std::uint32_t stripe) const;

  /// Takes the lock, and waits for it. kLocked if others had it until the time was up.
  [[nodiscard]] Result<void> acquire(std::uint32_t stripe, Backoff& backoff);
  /// Gives it back at once, as it is when a call ends early. Does nothing where it is not held.
  void release(std::uint32_t stripe);
  /// To be called after a batch that gave it back in `release_command`: a listing that was at
  /// the lock in this very moment has kept it from being renamed.
  void see_released(const ipset::Batch& batch, std::size_t release_command, std::uint32_t stripe);

  /// Takes the lock and does away with its set, so that the next writer makes a new one.
  void renew(std::uint32_t stripe, std::chrono::milliseconds timeout);

  /// To be called after the lock could not be taken, and before trying again: waits, and takes a
  /// lock from a holder that died. kLocked if the time is up.
  [[nodiscard]] Result<void> wait(std::uint32_t stripe, Backoff& backoff);

 private:
  /// The name under which the lock of `stripe` is held, if it is, and by whom.
  struct Holder {
    ipset::SetName name;
    std::uint32_t port = 0;
  };
  struct Sighting {
    bool free = false;
    std::optional<Holder> holder;
  };
  [[nodiscard]] Result<Sighting> look(std::uint32_t stripe);
  [[nodiscard]] Result<void> repair(std::uint32_t stripe);
  [[nodiscard]] Result<void> create(std::uint32_t stripe);

  ipset::Connection& connection_;
  ipset::Batch batch_;
  std::array<ipset::SetName, format::kStripes> free_;
  std::array<ipset::SetName, format::kStripes> held_;
};

}  // namespace ipsetkv::store
