// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "server/exec/attempt.h"
#include "server/protocol/request_parser.h"
#include "server/protocol/words.h"
#include "server/state/client.h"
#include "server/state/configuration.h"

namespace ipsetkv::server {

/// One client with the requests that have arrived from it and the replies that it is to get. What
/// carries the bytes is the derived class.
class Session {
 public:
  /// While the client has left more than this unread, its requests wait.
  static constexpr std::size_t kMuchOutput = std::size_t{1024} * 1024;
  /// While more than this has arrived, with a whole request in it, no more is read.
  static constexpr std::size_t kMuchInput = std::size_t{1024} * 1024;

  Session() = default;
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  virtual ~Session() = default;

  /// Starts or stops reading from the client. Does nothing if that is so already.
  virtual void set_reading(bool on) = 0;
  /// Ends the connection. The object stays until its owner destroys it, outside of any round.
  virtual void close() = 0;
  [[nodiscard]] virtual bool is_closing() const = 0;
  /// How many bytes of replies the client has not taken yet.
  [[nodiscard]] virtual std::size_t unsent() const { return output_.size(); }

  [[nodiscard]] Client& client() { return client_; }
  [[nodiscard]] const Client& client() const { return client_; }

  /// Appends what has arrived; earlier words are invalid then.
  void append_input(std::string_view bytes);
  /// The client sends no more; what has arrived is still executed.
  void end_input() { has_ended_ = true; }
  [[nodiscard]] bool has_ended() const { return has_ended_; }
  /// Bytes that have arrived and are not executed yet.
  [[nodiscard]] std::size_t pending_bytes() const { return input_.size() - start_; }

  /// Looks for the next request in the input, and finds the same one until `consume`.
  [[nodiscard]] RequestParser::Status parse(const Configuration& configuration);
  /// Of the request that `parse` has found.
  [[nodiscard]] Words words() const { return parser_.words(); }
  [[nodiscard]] const std::string& parse_error() const { return parser_.error(); }
  /// Ends the request that `parse` has found.
  void consume();

  /// Where replies are appended.
  [[nodiscard]] std::string& output() { return output_; }
  [[nodiscard]] Attempt& attempt() { return attempt_; }

  /// Frees what long requests have occupied, if all of them are executed.
  void shrink_input();
  /// The memory of requests, replies and the transaction, in bytes.
  [[nodiscard]] virtual std::size_t memory() const;

 protected:
  /// What of an empty buffer's memory is kept.
  static constexpr std::size_t kKeptBytes = std::size_t{16} * 1024;

 private:
  friend class Rounds;
  /// In which of the lists of Rounds the session is.
  struct Places {
    bool ready = false;
    bool unflushed = false;
    bool waiting = false;
    bool full = false;  ///< Goes on when the client has taken some of the output.
  };

  Client client_;
  std::string input_;
  std::size_t start_ = 0;  ///< Of the next request in it.
  RequestParser parser_;
  bool is_parsed_ = false;
  bool has_ended_ = false;
  std::string output_;
  Attempt attempt_;
  Places places_;
};

}  // namespace ipsetkv::server
