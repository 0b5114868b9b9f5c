// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "ipsetkv/store.h"
#include "server/exec/command.h"
#include "server/protocol/reply.h"
#include "server/state/client.h"

namespace ipsetkv::server {

class Server;
class Worker;

/// A command that is being carried out: what it works on, and the answers that all of them give.
class Call {
 public:
  Call(Server& the_server, Worker& the_worker, Client& the_client, const Command& the_command,
       Words the_words, Reply& the_reply);

  Server& server;
  Worker& worker;
  Client& client;
  Store& store;
  std::string& value;  ///< Of the worker, for a key's value; its memory is reused.
  const Command& command;
  Words words;
  Reply& reply;

  [[nodiscard]] std::size_t count() const { return words.size(); }
  [[nodiscard]] std::string_view word(std::size_t index) const { return words[index]; }
  [[nodiscard]] std::string_view key() const { return words[1]; }

  /// An error reply: a code such as "ERR", a space and a sentence.
  void error(std::string_view text);
  void syntax_error() { error("ERR syntax error"); }
  void not_an_integer() { error("ERR value is not an integer or out of range"); }
  /// What the kernel or the store refused.
  void fail(const Error& refusal);
  void wrong_count();
  [[nodiscard]] bool has_failed() const { return has_failed_; }

  /// The number in a word; nothing, and the error reply, if it is none.
  [[nodiscard]] std::optional<std::int64_t> integer(std::size_t index);
  [[nodiscard]] bool is(std::size_t index, std::string_view lower_case) const {
    return is_word(words[index], lower_case);
  }

  /// The value of `key` in `value`: whether there is one; nothing, and the error reply, if it could
  /// not be read. Counts hits and misses.
  [[nodiscard]] std::optional<bool> read(std::string_view key);
  void count_read(bool there);
  /// Lets other clients' commands go on again, where those had to wait for this one.
  void let_others_in();

  /// Tells those who watch `key` that it has changed.
  void touch(std::string_view key);

  bool is_alone = false;  ///< Others wait until it has ended, or lets them in.

 private:
  bool has_failed_ = false;
};

/// Queues, refuses or carries out a request of a client, whose reply goes where it is to go.
void dispatch(Server& server, Worker& worker, Client& client, Words words, std::string& out);

/// Whether a request has to wait for a pause to end.
[[nodiscard]] bool is_held(const Server& server, const Client& client, Words words);

/// Takes a client out of all that it was part of: channels, watches, monitoring, a transaction.
void leave_everything(Server& server, Worker& worker, Client& client);
void leave_transaction(Server& server, Client& client);
void unwatch(Server& server, Client& client);

/// Carries it out, and counts and times it.
void carry_out(Call& call);

/// The request as MONITOR shows it.
[[nodiscard]] std::string monitor_line(const Client& client, Words words);

/// The error reply for what the kernel or the store refused.
[[nodiscard]] std::string reply_text(const Error& error);

}  // namespace ipsetkv::server
