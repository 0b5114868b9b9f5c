// SPDX-License-Identifier: MIT
#pragma once

#include <uv.h>

#include <cstddef>
#include <string>
#include <string_view>

#include "server/exec/session.h"
#include "server/net/uv_socket.h"

namespace ipsetkv::server {

class Connection;

/// What a connection reports to its owner.
class ConnectionOwner {
 public:
  ConnectionOwner() = default;
  ConnectionOwner(const ConnectionOwner&) = delete;
  ConnectionOwner& operator=(const ConnectionOwner&) = delete;

  /// A buffer to read into; it is free again when `on_input` returns.
  virtual uv_buf_t input_buffer() = 0;
  virtual void on_input(Connection& connection, std::string_view bytes) = 0;
  /// The client sends no more.
  virtual void on_end(Connection& connection) = 0;
  virtual void on_sent(std::size_t bytes) = 0;
  /// Output that did not fit into the socket before has been taken.
  virtual void on_drained(Connection& connection) = 0;
  /// `close` was called.
  virtual void on_closing(Connection& connection) = 0;
  /// The socket is closed; the owner destroys the connection.
  virtual void on_closed(Connection& connection) = 0;

 protected:
  ~ConnectionOwner() = default;
};

/// A client's session over its socket. It belongs to one worker's loop.
class Connection final : public Session {
 public:
  explicit Connection(ConnectionOwner& owner) : owner_(owner) {}

  /// Before everything else. After an error it is destroyed without `close`.
  [[nodiscard]] Result<void> init(uv_loop_t* loop, bool is_unix);
  /// Takes the next client of a listening socket. After an error only `close` may follow.
  [[nodiscard]] Result<void> accept(uv_stream_t* listener);
  [[nodiscard]] UvSocket& socket() { return socket_; }

  void set_reading(bool on) override;
  void close() override;
  [[nodiscard]] bool is_closing() const override { return is_closing_; }
  [[nodiscard]] std::size_t unsent() const override { return Session::unsent() + writing_.size(); }
  [[nodiscard]] std::size_t memory() const override {
    return Session::memory() + writing_.capacity();
  }

  /// Sends the output, or hands it to libuv as far as the socket has no room for it. Closes the
  /// connection after an error, and if it is to be closed after the last reply.
  void flush();
  /// Sends `text` if the socket has room for it.
  void try_send(std::string_view text);

 private:
  static void on_allocate(uv_handle_t* handle, std::size_t suggested, uv_buf_t* buffer);
  static void on_read(uv_stream_t* stream, ssize_t count, const uv_buf_t* buffer);
  void send_output();
  void written(int status);

  ConnectionOwner& owner_;
  UvSocket socket_;
  uv_write_t request_{};
  std::string writing_;  ///< Output that libuv is sending.
  bool is_writing_ = false;
  bool is_reading_ = false;
  bool is_closing_ = false;
};

}  // namespace ipsetkv::server
