// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ipsetkv/store.h"
#include "server/exec/command.h"
#include "server/exec/session.h"
#include "server/state/worker_context.h"

namespace ipsetkv::server {

/// Requests of several clients in the plain form of their commands (see BatchForm), which are
/// executed together. Borrows the requests' words: they must not be consumed before `clear`.
class Batch {
 public:
  struct Member {
    Session* session;
    const Command* command;
    bool must_wait = false;  ///< Another process holds what it needs; it has no reply.
  };

  void add(Session& session, const Command& command) {
    members_.push_back({.session = &session, .command = &command});
  }
  [[nodiscard]] std::span<const Member> members() const { return members_; }
  void clear() { members_.clear(); }

 protected:
  ~Batch() = default;

  static Reply reply_to(const Member& member) {
    return {member.session->output(), member.session->client().protocol};
  }
  static std::string_view key_of(const Member& member) { return member.session->words()[1]; }
  /// Replies with the error, or marks the member as one that must wait.
  static void fail(WorkerContext& context, Member& member, const Error& error);
  /// Counts and logs those that need not wait, which took so long together.
  void account(ServerState& server, std::chrono::nanoseconds took) const;

  std::vector<Member> members_;
};

/// Reads.
class ReadBatch : public Batch {
 public:
  /// Executes the batched reads and appends each reply to its client's output.
  void execute(WorkerContext& context);

 private:
  struct Answer {
    std::size_t offset = 0;
    std::size_t length = 0;
    bool there = false;
  };
  static void answer(WorkerContext& context, const Member& member,
                     std::optional<std::string_view> value);
  void read_one_by_one(WorkerContext& context);
  void read_together(WorkerContext& context);

  std::vector<std::string_view> keys_;
  std::vector<Answer> answers_;
  std::string values_;
};

/// Writes of a value without options.
class WriteBatch : public Batch {
 public:
  /// The same for writes.
  void execute(WorkerContext& context);

 private:
  void answer(WorkerContext& context, std::size_t index, const Result<void>& written);

  std::vector<KeyValue> pairs_;
  std::vector<bool> answered_;
};

}  // namespace ipsetkv::server
