// SPDX-License-Identifier: MIT
#pragma once

#include <mutex>
#include <shared_mutex>

namespace ipsetkv::server {

/// Who may carry out commands: all workers side by side, or one alone. Clients of one server then
/// see a transaction as one step.
class Turn {
 public:
  explicit Turn(bool is_shared) : is_shared_(is_shared) {}

  /// Beside the others.
  void take() {
    if (!is_shared_) return;
    const std::lock_guard entrance(entrance_);
    mutex_.lock_shared();
  }
  void leave() {
    if (is_shared_) mutex_.unlock_shared();
  }

  /// Alone, by one who has taken it beside the others, until `share`. Others may get in between.
  void take_alone() {
    if (!is_shared_) return;
    mutex_.unlock_shared();
    const std::lock_guard entrance(entrance_);
    mutex_.lock();
  }
  void share() {
    if (!is_shared_) return;
    mutex_.unlock();
    mutex_.lock_shared();
  }

 private:
  bool is_shared_;  ///< By more than one worker.
  /// Held by one who waits to be alone, so that those who come later do not overtake it for ever.
  std::mutex entrance_;
  std::shared_mutex mutex_;
};

}  // namespace ipsetkv::server
