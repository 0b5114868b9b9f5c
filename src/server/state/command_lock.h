// SPDX-License-Identifier: MIT
#pragma once

#include <mutex>
#include <shared_mutex>

namespace ipsetkv::server {

/// Which workers may execute commands: all side by side, or one exclusively, so that clients of one
/// server see a transaction as one step. Taken with the two guards below. Without effect if there
/// is only one worker.
class CommandLock {
 public:
  explicit CommandLock(bool has_several_workers) : is_used_(has_several_workers) {}

  class Shared;
  class Exclusive;

 private:
  void lock_shared() {
    if (!is_used_) return;
    const std::lock_guard entrance(entrance_);
    mutex_.lock_shared();
  }
  void unlock_shared() {
    if (is_used_) mutex_.unlock_shared();
  }
  void make_exclusive() {
    if (!is_used_) return;
    mutex_.unlock_shared();
    const std::lock_guard entrance(entrance_);
    mutex_.lock();
  }
  void make_shared() {
    if (!is_used_) return;
    mutex_.unlock();
    mutex_.lock_shared();
  }

  bool is_used_;
  /// Held by a worker that waits for exclusive access, so that later ones do not overtake it.
  std::mutex entrance_;
  std::shared_mutex mutex_;
};

/// Held while a worker executes commands.
class [[nodiscard]] CommandLock::Shared {
 public:
  explicit Shared(CommandLock& lock) : lock_(lock) { lock_.lock_shared(); }
  Shared(const Shared&) = delete;
  Shared& operator=(const Shared&) = delete;
  ~Shared() { lock_.unlock_shared(); }

 private:
  CommandLock& lock_;
};

/// Makes the worker's shared lock exclusive for a while. Other workers may execute commands before
/// it is, and after it.
class [[nodiscard]] CommandLock::Exclusive {
 public:
  explicit Exclusive(CommandLock& lock) : lock_(lock) { lock_.make_exclusive(); }
  Exclusive(const Exclusive&) = delete;
  Exclusive& operator=(const Exclusive&) = delete;
  ~Exclusive() { lock_.make_shared(); }

 private:
  CommandLock& lock_;
};

}  // namespace ipsetkv::server
