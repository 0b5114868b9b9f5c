// SPDX-License-Identifier: MIT
#pragma once

#include <uv.h>

#include <cstddef>
#include <string>
#include <string_view>

#include "server/protocol/request_parser.h"
#include "server/state/client.h"

namespace ipsetkv::server {

class Worker;

/// A socket or pipe of libuv, as one of them.
union uv_handle_any {
  uv_handle_t handle;
  uv_stream_t stream;
  uv_pipe_t pipe;
  uv_tcp_t tcp;
};

/// A client's socket with what has come and what is to go. It belongs to one worker.
struct Connection {
  /// While more than this waits to be taken by the client, none of its requests is looked at.
  static constexpr std::size_t kMuchOutput = std::size_t{1024} * 1024;
  /// While more than this has come, and a whole request is among it, no more is read.
  static constexpr std::size_t kMuchInput = std::size_t{1024} * 1024;

  explicit Connection(Worker& owner) : worker(owner) {}

  Worker& worker;
  Client client;
  uv_handle_any socket{};
  uv_write_t request{};

  std::string in;
  std::size_t start = 0;  ///< Of the next request in it.
  RequestParser parser;
  bool is_parsed = false;  ///< The next request is whole; its words are the parser's.

  std::string out;      ///< To go.
  std::string writing;  ///< Given to libuv, which goes on with it.

  bool is_ready = false;      ///< There may be a request to be carried out.
  bool is_unflushed = false;  ///< In the worker's list of those.
  bool is_writing = false;
  bool is_reading = false;
  bool is_full = false;    ///< It goes on once the client has taken some of the output.
  bool has_ended = false;  ///< The client sends no more.
  bool is_closing = false;

  [[nodiscard]] std::string_view pending() const { return std::string_view(in).substr(start); }
  [[nodiscard]] std::size_t unsent() const { return out.size() + writing.size(); }
  /// Behind a request.
  void consume() {
    start += parser.consumed();
    parser.reset();
    is_parsed = false;
  }
};

}  // namespace ipsetkv::server
