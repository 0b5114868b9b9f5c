// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>

namespace ipsetkv::server {

/// The pause of CLIENT PAUSE, in which clients' requests wait. Thread-safe.
class Pause {
 public:
  using Clock = std::chrono::steady_clock;

  /// A pause that is already on becomes neither shorter nor narrower.
  void begin(Clock::time_point until, bool writes_only) {
    const Clock::rep end = until.time_since_epoch().count();
    const bool goes_on = until_ > Clock::now().time_since_epoch().count();
    writes_only_ = writes_only && (!goes_on || writes_only_);
    until_ = goes_on ? std::max<Clock::rep>(until_, end) : end;
  }
  void end() { until_ = 0; }

  [[nodiscard]] bool holds(bool is_write) const {
    const Clock::rep until = until_;
    if (until == 0 || (writes_only_ && !is_write)) return false;
    return Clock::now().time_since_epoch().count() < until;
  }
  /// The end of the pause. If it is not in the future there is none.
  [[nodiscard]] Clock::time_point until() const {
    return Clock::time_point(Clock::duration(until_.load()));
  }

 private:
  std::atomic<Clock::rep> until_{0};
  std::atomic<bool> writes_only_{false};
};

}  // namespace ipsetkv::server
