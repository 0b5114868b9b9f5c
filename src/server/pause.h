// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <chrono>

namespace ipsetkv::server {

/// Whether clients have to wait, by CLIENT PAUSE. May be used by all threads.
class Pause {
 public:
  using Clock = std::chrono::steady_clock;

  void begin(Clock::time_point until, bool writes_only) {
    writes_only_ = writes_only;
    until_ = until.time_since_epoch().count();
  }
  void end() { until_ = 0; }

  [[nodiscard]] bool holds(bool is_write) const {
    const Clock::rep until = until_;
    if (until == 0 || (writes_only_ && !is_write)) return false;
    return Clock::now().time_since_epoch().count() < until;
  }
  /// Nobody waits, or it has passed, where this is not in the future.
  [[nodiscard]] Clock::time_point until() const {
    return Clock::time_point(Clock::duration(until_.load()));
  }

 private:
  std::atomic<Clock::rep> until_{0};
  std::atomic<bool> writes_only_{false};
};

}  // namespace ipsetkv::server
