// SPDX-License-Identifier: MIT
#include "server/net/acceptor.h"

#include <unistd.h>

#include <cerrno>
#include <string>
#include <tuple>
#include <utility>

#include "server/net/address.h"
#include "server/protocol/reply.h"

namespace ipsetkv::server {
namespace {

constexpr int kBacklog = 511;
constexpr unsigned kKeepAliveSeconds = 300;

}  // namespace

Result<void> Acceptor::listen(int descriptor) {
  const int own = dup(descriptor);
  if (own < 0) return result_of(-errno);
  Listener& listener = listeners_.emplace_back(Listener{.acceptor = this, .socket = {}});
  auto done = listener.socket.init(loop_, is_unix_socket(own));
  if (!done) {
    // The handle is not in the loop.
    listeners_.pop_back();
    ::close(own);
    return done;
  }
  listener.socket.handle()->data = &listener;
  if (done = listener.socket.open(own); !done) {
    ::close(own);
    return done;
  }
  return result_of(uv_listen(listener.socket.stream(), kBacklog, on_connection));
}

void Acceptor::on_connection(uv_stream_t* stream, int status) {
  if (status != 0) return;
  auto& listener = *static_cast<Listener*>(stream->data);
  listener.acceptor->accept(listener);
}

void Acceptor::accept(Listener& listener) {
  auto connection = std::make_unique<Connection>(owner_);
  if (!connection->init(loop_, listener.socket.is_unix())) return;
  if (!connection->accept(listener.socket.stream())) return discard(std::move(connection));
  UvSocket& socket = connection->socket();
  Client& client = connection->client();
  client.descriptor = socket.descriptor();
  std::tie(client.address, client.local_address) = addresses_of(client.descriptor);
  client.authenticated = !server_.password.is_set();
  if (!socket.is_unix()) {
    client.is_from_outside = comes_from_outside(client.descriptor);
    uv_tcp_nodelay(socket.tcp(), 1);
    uv_tcp_keepalive(socket.tcp(), 1, kKeepAliveSeconds);
  }
  if (server_.clients.size() >= static_cast<std::size_t>(server_.configuration.max_clients)) {
    ++server_.statistics.rejected_connections;
    return refuse(std::move(connection), "ERR max number of clients reached");
  }
  if (client.is_from_outside && !server_.password.is_set())
    return refuse(std::move(connection), kProtectedModeText);
  ++server_.statistics.connections;
  admit_(std::move(connection));
}

void Acceptor::refuse(std::unique_ptr<Connection> connection, std::string_view reason) {
  std::string text;
  Reply(text, 2).error(reason);
  connection->try_send(text);
  discard(std::move(connection));
}

void Acceptor::discard(std::unique_ptr<Connection> connection) {
  // It is libuv's until the handle is closed.
  uv_close(connection.release()->socket().handle(), [](uv_handle_t* handle) {
    const std::unique_ptr<Connection> closed(static_cast<Connection*>(handle->data));
  });
}

}  // namespace ipsetkv::server
