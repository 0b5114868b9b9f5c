// SPDX-License-Identifier: MIT
#pragma once

#include <uv.h>

#include <functional>
#include <list>
#include <memory>

#include "server/net/connection.h"
#include "server/net/uv_socket.h"
#include "server/state/server_state.h"

namespace ipsetkv::server {

/// Accepts the clients of listening sockets, and refuses those that may not come in.
class Acceptor {
 public:
  /// Gets each client that came in, with its addresses.
  using Admit = std::function<void(std::unique_ptr<Connection> connection)>;

  Acceptor(ServerState& server, uv_loop_t* loop, ConnectionOwner& owner, Admit admit)
      : server_(server), loop_(loop), owner_(owner), admit_(std::move(admit)) {}
  Acceptor(const Acceptor&) = delete;
  Acceptor& operator=(const Acceptor&) = delete;

  /// Accepts from a listening socket, which other workers may do too. It keeps a duplicate of the
  /// descriptor. Errors: kSystemCall.
  [[nodiscard]] Result<void> listen(int descriptor);

 private:
  struct Listener {
    Acceptor* acceptor;
    UvSocket socket;
  };
  static void on_connection(uv_stream_t* stream, int status);
  void accept(Listener& listener);
  static void refuse(std::unique_ptr<Connection> connection, std::string_view reason);
  static void discard(std::unique_ptr<Connection> connection);

  ServerState& server_;
  uv_loop_t* loop_;
  ConnectionOwner& owner_;
  Admit admit_;
  std::list<Listener> listeners_;
};

}  // namespace ipsetkv::server
