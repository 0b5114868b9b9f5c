// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ipsetkv/error.h"

namespace ipsetkv::server {

/// A request on its way to its reply. If another process holds what the request needs, and nothing
/// of the request has had an effect, it is put aside and executed from its beginning later; see
/// waiting_requests.h. If something has had an effect, the rest is retried in place for a short
/// time, and then answers the error.
class Attempt {
 public:
  using Clock = std::chrono::steady_clock;

  /// Until when the request may be put aside; unset: it has not been yet.
  std::optional<Clock::time_point> give_up_at;
  /// Whether the request may be put aside now, instead of answering the error.
  bool may_put_aside = true;
  /// The last execution was answered with the error that another process holds what it needs.
  bool was_refused = false;

  /// Before each execution.
  void begin() {
    may_put_aside = !give_up_at || Clock::now() < *give_up_at;
    was_refused = false;
    calls_ = 0;
    retry_until_.reset();
    held_locks_.clear();
  }
  /// The request has been answered.
  void finish() {
    give_up_at.reset();
    shown_ = 0;
  }

  /// Whether MONITOR has to show the next call of the request: not if an earlier execution has.
  [[nodiscard]] bool takes_show() {
    if (++calls_ <= shown_) return false;
    shown_ = calls_;
    return true;
  }

  /// Sleeps a little before a retry in place; false if the time for that is over.
  [[nodiscard]] bool wait_in_place();

  /// The locks that retries in place have waited for in vain, and the error.
  void note_held(std::uint64_t lock, const Error& error) {
    held_locks_.push_back(lock);
    error_ = error;
  }
  [[nodiscard]] bool is_held(std::uint64_t lock) const {
    return std::ranges::find(held_locks_, lock) != held_locks_.end();
  }
  [[nodiscard]] bool knows_held() const { return !held_locks_.empty(); }
  [[nodiscard]] const Error& error() const { return error_; }

 private:
  std::size_t calls_ = 0;
  std::size_t shown_ = 0;
  std::optional<Clock::time_point> retry_until_;
  std::vector<std::uint64_t> held_locks_;
  Error error_;
};

}  // namespace ipsetkv::server
