// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>

#include "base/environment.h"

namespace ipsetkv::store {

/// Waits between the attempts of an operation that others keep from succeeding, longer each time,
/// until a time limit. Reads the clock for the first time when there is something to wait for.
class Backoff {
 public:
  Backoff(Environment& environment, std::chrono::milliseconds limit)
      : environment_(environment), limit_(limit) {}

  /// Waits, at most a millisecond; false without a wait if the limit has passed.
  [[nodiscard]] bool wait();

  /// What is left of the limit. It begins to pass with this call or the first wait.
  [[nodiscard]] std::chrono::milliseconds remaining();

  /// The number of waits so far.
  [[nodiscard]] int waits() const { return waits_; }
  /// Whether all of them only yielded the processor, without a sleep.
  [[nodiscard]] bool is_short() const { return waits_ < kYields; }

 private:
  // Most obstacles, such as somebody's dump, are gone within microseconds.
  static constexpr int kYields = 16;

  Environment& environment_;
  std::chrono::milliseconds limit_;
  [[nodiscard]] std::chrono::nanoseconds deadline();

  std::chrono::nanoseconds deadline_{};  ///< 0 before the limit has begun to pass.
  int waits_ = 0;
};

}  // namespace ipsetkv::store
