// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

#include "server/exec/batch.h"
#include "server/exec/session.h"
#include "server/exec/waiting_requests.h"
#include "server/state/worker_context.h"

namespace ipsetkv::server {

/// Which request of which client a worker executes next.
///
/// What clients have sent is read first, from all that have sent something, and then executed in
/// rounds, one request of each client. Requests that can go to the kernel together (see BatchForm)
/// do, once in a round. Each client's own requests stay in their order.
class Rounds {
 public:
  using Clock = std::chrono::steady_clock;

  /// `lock_timeout`: how long a request is retried while another process holds what it needs.
  Rounds(WorkerContext& context, std::chrono::milliseconds lock_timeout)
      : context_(context), lock_timeout_(lock_timeout) {}

  /// There may be a request to be executed: more has arrived, or a pause has ended.
  void make_ready(Session& session);
  /// The session has output to be sent.
  void mark_unflushed(Session& session);
  /// The client has taken some of its output. True if its requests go on now.
  bool resume_if_drained(Session& session);
  /// The session is about to be destroyed. Not within a round.
  void forget(Session& session);

  [[nodiscard]] bool has_work() const { return !ready_.empty(); }
  /// Executes requests until there are none, or `until`. Under the shared CommandLock.
  void run(Clock::time_point until);
  /// The sessions whose output is to be sent now.
  [[nodiscard]] std::vector<Session*> take_unflushed();

  /// When `retry_waiting` is to be called; nothing if no request is put aside.
  [[nodiscard]] std::optional<Clock::time_point> next_retry() const;
  /// Makes requests that were put aside ready again.
  void retry_waiting();

 private:
  enum class Next : std::uint8_t {
    kNone,     ///< There is no whole request.
    kDone,     ///< It is answered.
    kBatched,  ///< It will be, at the end of the round.
    kWaits,    ///< It has to wait, and what follows with it.
  };
  void run_round();
  void serve_next(Session& session);
  [[nodiscard]] Next take_request(Session& session);
  [[nodiscard]] Next execute_request(Session& session);
  [[nodiscard]] bool join_batch(Session& session, const Command* command);
  void finish_batch(Batch& batch);
  void finish_request(Session& session);
  void put_aside(Session& session, const Command* command);
  [[nodiscard]] bool needs_awaited_lock(Session& session, const Command* command) const;

  WorkerContext& context_;
  std::chrono::milliseconds lock_timeout_;
  std::vector<Session*> ready_;
  std::vector<Session*> round_;
  std::vector<Session*> unflushed_;
  ReadBatch reads_;
  WriteBatch writes_;
  WaitingRequests waiting_;
};

}  // namespace ipsetkv::server
