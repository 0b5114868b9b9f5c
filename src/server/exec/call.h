// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "server/data/database.h"
#include "server/exec/attempt.h"
#include "server/exec/command.h"
#include "server/protocol/reply.h"
#include "server/state/client.h"
#include "server/state/worker_context.h"

namespace ipsetkv::server {

/// One execution of a command: what it works on, and the replies that all commands give.
class Call {
 public:
  Call(WorkerContext& worker_context, Client& the_client, const Command& the_command,
       Words the_words, Reply& the_reply, Attempt& the_attempt);

  WorkerContext& context;
  ServerState& server;
  Database& database;
  Client& client;
  std::string& value;  ///< For a key's value; its memory is reused.
  const Command& command;
  Words words;
  Reply& reply;
  Attempt& attempt;

  [[nodiscard]] std::size_t count() const { return words.size(); }
  [[nodiscard]] std::string_view word(std::size_t index) const { return words[index]; }
  [[nodiscard]] std::string_view key() const { return words[1]; }

  /// An error reply: a code such as "ERR", a space and a sentence.
  void error(std::string_view text);
  void syntax_error() { error("ERR syntax error"); }
  void not_an_integer() { error("ERR value is not an integer or out of range"); }
  /// Replies with an error of the database, or, if another process holds what the command needs and
  /// the command can be executed again, replies nothing and sets `must_wait`.
  void fail(const Error& failure);
  void wrong_count();
  [[nodiscard]] bool has_failed() const { return has_failed_; }

  /// The number in a word; nothing, and the error reply, if it is none.
  [[nodiscard]] std::optional<std::int64_t> integer(std::size_t index);
  [[nodiscard]] bool is(std::size_t index, std::string_view lower_case_word) const {
    return is_word(words[index], lower_case_word);
  }

  /// Reads the value of `key` into `value`: whether there is one; nothing, and the error reply, if
  /// it could not be read. Counts hits and misses.
  [[nodiscard]] std::optional<bool> read(std::string_view key);
  void count_read(bool there);

  /// Other clients' commands have had to wait for this one, and may be executed from now on.
  /// Nothing of the database may be used after it.
  void let_others_in() { exclusive.reset(); }
  std::optional<CommandLock::Exclusive> exclusive;

  /// Marks `key` as changed for those who watch it.
  void touch(std::string_view key);

  /// What `fail` does while another process holds what the command needs.
  enum class WhenHeld : std::uint8_t {
    kPutAside,      ///< The whole request is executed again later.
    kRetryInPlace,  ///< This command is, at once.
    kAnswer,        ///< The reply is the error.
  };
  WhenHeld when_held;
  /// The command has changed something: it must not be executed again.
  void note_effect() { when_held = WhenHeld::kAnswer; }
  /// The command has had no effect and no reply, and is to be executed again.
  [[nodiscard]] bool must_wait() const { return must_wait_; }
  /// The command that this one has executed must be executed again, and this one with it.
  void set_must_wait() { must_wait_ = has_failed_ = true; }
  /// Before the command is executed again.
  void begin_again() { must_wait_ = has_failed_ = false; }

 private:
  bool has_failed_ = false;
  bool must_wait_ = false;
};

/// What a command's call does with a key: it writes if the command's flags say so.
[[nodiscard]] Database::Access access_of(const Command& command);

}  // namespace ipsetkv::server
