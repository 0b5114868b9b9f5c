// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>

namespace ipsetkv::store {

/// How long to go on trying what others keep from succeeding. The clock is first looked at when
/// there is something to wait for.
class Patience {
 public:
  explicit Patience(std::chrono::milliseconds limit) : limit_(limit) {}

  /// Waits a little, longer each time up to a millisecond; false if the limit has passed.
  [[nodiscard]] bool wait();

  /// How often it has waited so far, and whether it has only let others run, without sleeping.
  [[nodiscard]] int waits() const { return waits_; }
  [[nodiscard]] bool is_short() const { return waits_ < kYields; }

 private:
  // Most obstacles are gone within a few microseconds: the end of somebody's dump.
  static constexpr int kYields = 16;

  std::chrono::milliseconds limit_;
  std::chrono::steady_clock::time_point deadline_;
  int waits_ = 0;
};

}  // namespace ipsetkv::store
