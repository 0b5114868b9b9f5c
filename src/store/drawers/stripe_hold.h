// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <utility>

#include "format/own_names.h"
#include "ipset/connection.h"
#include "ipset/fixed_text.h"
#include "ipsetkv/error.h"
#include "store/backoff.h"

namespace ipsetkv::store {

class StripeLock;

/// A stripe's lock, held by this connection: to StripeLock what std::unique_lock is to a mutex.
/// Only StripeLock makes one; the destructor releases it.
///
/// A batch can release the lock, and acquire it as well, which saves sends:
///
///     hold.begin(batch);                     // clears the batch; acquires, if the hold is
///     deferred batch.swap(...);                       // commands that need the lock const auto
///     result = hold.finish(batch);  // releases, unless the hold is kept; sends
///
/// A failing command does not stop those after it. So where the batch acquires the lock, commands
/// that must not be executed without it name `set_name()`, which exists only while it is held.
class StripeHold {
  enum class State : std::uint8_t {
    kDeferred,  ///< The first batch acquires the lock.
    kRefused,   ///< It could not.
    kHeld,
    kReleased,
  };

 public:
  /// For StripeLock: nobody else can name a State.
  StripeHold(StripeLock& lock, std::uint32_t stripe, Backoff& backoff, State state)
      : lock_(lock), backoff_(backoff), stripe_(stripe), state_(state) {}
  StripeHold(StripeHold&& other) noexcept;
  StripeHold& operator=(StripeHold&&) = delete;
  StripeHold(const StripeHold&) = delete;
  StripeHold& operator=(const StripeHold&) = delete;
  ~StripeHold() {
    if (state_ == State::kHeld) end();
  }

  [[nodiscard]] std::uint32_t stripe() const { return stripe_; }
  /// The time limit of the operation that the hold belongs to.
  [[nodiscard]] Backoff& backoff() const { return backoff_; }
  /// The name of the lock's set while it is held by this connection.
  [[nodiscard]] const ipset::SetName& set_name() const;

  /// No batch releases the lock any more, only the destructor.
  void keep() { is_kept_ = true; }

  void begin(ipset::Batch& batch);
  /// After an error it is unknown whether the lock is held, so the destructor releases it too.
  [[nodiscard]] Result<ipset::BatchResult> finish(ipset::Batch& batch);
  /// The batch could not acquire the lock, since another writer holds it.
  [[nodiscard]] bool was_refused() const { return state_ == State::kRefused; }

  /// Acquires the lock once more if a batch has released it.
  [[nodiscard]] Result<void> reacquire();
  /// The destructor destroys the lock's set instead of releasing it, since it may not be fit for a
  /// lock any more. The next writer makes a new one. Acquires the lock if a batch has released it.
  void discard_set();

 private:
  friend class StripeLock;
  void end();

  StripeLock& lock_;
  Backoff& backoff_;
  std::uint32_t stripe_;
  State state_;
  bool is_kept_ = false;
  bool discards_set_ = false;
};

/// The locks of two stripes, which may be one stripe: for a rename or copy. The lower one is
/// acquired first, as every process does, so that two such operations never wait for each other.
class StripePairHold {
 public:
  [[nodiscard]] static Result<StripePairHold> acquire(StripeLock& lock, std::uint32_t one,
                                                      std::uint32_t other, Backoff& backoff);
  /// The hold of `stripe`, which is one of the two. It is kept.
  [[nodiscard]] StripeHold& of(std::uint32_t stripe);

 private:
  explicit StripePairHold(StripeHold lower) : lower_(std::move(lower)) { lower_.keep(); }

  StripeHold lower_;
  std::optional<StripeHold> upper_;
};

}  // namespace ipsetkv::store
