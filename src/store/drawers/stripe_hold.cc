// SPDX-License-Identifier: MIT
#include "store/drawers/stripe_hold.h"

#include <algorithm>
#include <cassert>

#include "ipset/protocol.h"
#include "store/drawers/stripe_lock.h"

namespace ipsetkv::store {

StripeHold::StripeHold(StripeHold&& other) noexcept
    : lock_(other.lock_),
      backoff_(other.backoff_),
      stripe_(other.stripe_),
      state_(std::exchange(other.state_, State::kReleased)),
      is_kept_(other.is_kept_),
      discards_set_(other.discards_set_) {}

const ipset::SetName& StripeHold::set_name() const { return lock_.held_[stripe_]; }

void StripeHold::begin(ipset::Batch& batch) {
  batch.clear();
  if (state_ == State::kDeferred) (void)lock_.queue_acquire(batch, stripe_);
}

Result<ipset::BatchResult> StripeHold::finish(ipset::Batch& batch) {
  assert(state_ == State::kDeferred || state_ == State::kHeld);
  std::optional<ipset::Command> release;
  if (!is_kept_) release = lock_.queue_release(batch, stripe_);
  auto result = lock_.connection_.send(batch);
  // `begin` has queued acquiring as the first command.
  const bool is_refused = state_ == State::kDeferred && result && (*result)[ipset::Command(0)] != 0;
  // A listing that is at the lock's set at this moment keeps it from being renamed.
  const bool is_released = release && result && (*result)[*release] != IPSET_ERR_REFERENCED;
  if (is_refused)
    state_ = State::kRefused;
  else
    state_ = is_released ? State::kReleased : State::kHeld;
  return result;
}

Result<void> StripeHold::reacquire() {
  if (state_ == State::kHeld) return {};
  if (auto acquired = lock_.take(stripe_, backoff_); !acquired) return acquired;
  state_ = State::kHeld;
  return {};
}

void StripeHold::discard_set() { discards_set_ = reacquire().has_value(); }

void StripeHold::end() {
  state_ = State::kReleased;
  if (!discards_set_ || !lock_.destroy(stripe_, backoff_)) lock_.release(stripe_, backoff_);
}

Result<StripePairHold> StripePairHold::acquire(StripeLock& lock, std::uint32_t one,
                                               std::uint32_t other, Backoff& backoff) {
  const auto [lower, upper] = std::minmax(one, other);
  auto first = lock.acquire(lower, backoff);
  if (!first) return tl::unexpected(first.error());
  Result<StripePairHold> both(StripePairHold(*std::move(first)));
  if (upper == lower) return both;
  auto second = lock.acquire(upper, backoff);
  if (!second) return tl::unexpected(second.error());
  both->upper_.emplace(*std::move(second)).keep();
  return both;
}

StripeHold& StripePairHold::of(std::uint32_t stripe) {
  if (lower_.stripe() == stripe) return lower_;
  assert(upper_ && upper_->stripe() == stripe);
  return *upper_;
}

}  // namespace ipsetkv::store
