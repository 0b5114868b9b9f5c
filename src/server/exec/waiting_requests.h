// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdint>
#include <list>
#include <optional>
#include <unordered_map>
#include <vector>

#include "server/exec/session.h"

namespace ipsetkv::server {

/// The clients whose next request has been put aside, because another process holds what it needs.
///
/// A request that waits in the store holds up all clients of its thread, so the store waits a few
/// milliseconds only, and the request is retried from the event loop: every 1 to 16 milliseconds,
/// at most kAtOnce requests, and of those that wait for the same lock one. When that one succeeds
/// the others follow at once. New requests for a lock that others wait for queue up behind them.
class WaitingRequests {
 public:
  using Clock = std::chrono::steady_clock;
  /// As Database::lock_of has it; nothing if the request needs several, or none is known.
  using Lock = std::optional<std::uint64_t>;

  [[nodiscard]] bool empty() const { return entries_.empty(); }
  /// Whether a request waits for this lock.
  [[nodiscard]] bool is_awaited(std::uint64_t lock) const { return locks_.contains(lock); }

  void add(Session& session, Lock lock);
  /// The session's retry has found that it has to go on waiting. False if it is not among those
  /// that wait, or no more.
  bool postpone(Session& session);
  /// The session waits no more. If it got what it waited for, returns those that have waited for
  /// the same, which wait no more either.
  [[nodiscard]] std::vector<Session*> finish(Session& session, bool has_succeeded);

  /// Those to be retried now: `postpone` or `finish` is to follow for each.
  [[nodiscard]] std::vector<Session*> take_due(Clock::time_point now);
  /// When that is worth a call; requires that somebody waits.
  [[nodiscard]] Clock::time_point next_retry() const { return next_retry_; }

 private:
  /// How many retries may wait in the store one after the other.
  static constexpr std::size_t kAtOnce = 2;

  struct Entry {
    Session* session;
    Lock lock;
    bool is_due = false;
  };
  using Entries = std::list<Entry>;
  [[nodiscard]] Entries::iterator find(const Session& session);
  Entries::iterator erase(Entries::iterator entry);
  void retry_soon();
  /// When the next of those that are not due yet is worth a call.
  [[nodiscard]] Clock::time_point next_after(Clock::time_point now) const;

  Entries entries_;  ///< Those that were tried longest ago come first.
  std::unordered_map<std::uint64_t, std::size_t> locks_;  ///< How many wait for each.
  std::chrono::milliseconds pause_{1};
  Clock::time_point next_retry_{};
};

}  // namespace ipsetkv::server
