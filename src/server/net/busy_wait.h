// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <chrono>

namespace ipsetkv::server {

/// Whether a worker looks for the next request again and again rather than sleep until it comes.
///
/// To be woken takes a thread some ten microseconds, on a virtual machine often fifty: more than
/// the request itself. A client that asks again as soon as it is answered is waited for awake. Each
/// wait that was in vain makes twice as many of those that follow sleep at once, so that one who
/// asks seldom costs nothing; as the kernel does for virtual processors (halt_poll_ns in
/// Documentation/virt/kvm/halt-polling.rst).
class BusyWait {
 public:
  using Clock = std::chrono::steady_clock;

  /// `worthwhile`: there are other processors for the client to run on meanwhile.
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

  /// Whether to look once more.
  [[nodiscard]] bool goes_on(Clock::time_point now) {
    if (!waits_ || now < until_) return waits_;
    waits_ = false;
    skips_ = std::min(2 * skips_ + 1, kMostSkips);
    to_skip_ = skips_;
    return false;
  }

  /// There is a request.
  void end() {
    if (waits_) skips_ = 0;
    waits_ = false;
  }

 private:
  static constexpr std::chrono::microseconds kLongest{50};
  static constexpr int kMostSkips = 127;

  bool worthwhile_;
  bool waits_ = false;
  int skips_ = 0;  ///< How many waits slept at once after the last one that was in vain.
  int to_skip_ = 0;
  Clock::time_point until_{};
};

}  // namespace ipsetkv::server
