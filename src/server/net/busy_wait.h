// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <chrono>

namespace ipsetkv::server {

/// Whether a worker polls for the next request instead of sleeping until it arrives.
///
/// Waking a thread takes some ten microseconds, on a virtual machine often fifty: more than the
/// request itself. So a worker polls for clients that send the next request as soon as they have
/// the reply. After each poll that finds nothing, twice as many of the following waits sleep at
/// once, so that clients that send seldom cost nothing. The kernel does the same for virtual
/// processors (halt_poll_ns in Documentation/virt/kvm/halt-polling.rst).
class BusyWait {
 public:
  using Clock = std::chrono::steady_clock;

  /// `worthwhile`: clients can run on other processors meanwhile.
  explicit BusyWait(bool worthwhile) : worthwhile_(worthwhile) {}

  /// After a request.
  void begin(Clock::time_point now) {
    if (!worthwhile_) return;
    if (to_skip_ > 0) {
      --to_skip_;
      return;
    }
    until_ = now + kLongest;
    waits_ = true;
  }

  /// Whether to poll once more.
  [[nodiscard]] bool goes_on(Clock::time_point now) {
    if (!waits_ || now < until_) return waits_;
    waits_ = false;
    skips_ = std::min(2 * skips_ + 1, kMostSkips);
    to_skip_ = skips_;
    return false;
  }

  /// A request has arrived.
  void end() {
    if (waits_) skips_ = 0;
    waits_ = false;
  }

 private:
  static constexpr std::chrono::microseconds kLongest{50};
  static constexpr int kMostSkips = 127;

  bool worthwhile_;
  bool waits_ = false;
  int skips_ = 0;  ///< How many waits slept at once after the last poll in vain.
  int to_skip_ = 0;
  Clock::time_point until_{};
};

}  // namespace ipsetkv::server
