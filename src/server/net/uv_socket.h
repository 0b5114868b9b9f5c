// SPDX-License-Identifier: MIT
#pragma once

#include <uv.h>

#include "ipsetkv/error.h"

namespace ipsetkv::server {

/// A stream socket of libuv of either kind. The memory is libuv's from `init` until the handle is
/// closed.
class UvSocket {
 public:
  /// Errors: kSystemCall.
  [[nodiscard]] Result<void> init(uv_loop_t* loop, bool is_unix);
  /// Takes over a descriptor. Errors: kSystemCall; the caller closes the descriptor then.
  [[nodiscard]] Result<void> open(int descriptor);

  [[nodiscard]] uv_handle_t* handle() { return &any_.handle; }
  [[nodiscard]] uv_stream_t* stream() { return &any_.stream; }
  [[nodiscard]] uv_tcp_t* tcp() { return &any_.tcp; }
  [[nodiscard]] bool is_unix() const { return any_.handle.type == UV_NAMED_PIPE; }
  /// -1 if there is none.
  [[nodiscard]] int descriptor() const;

 private:
  union {
    uv_handle_t handle;
    uv_stream_t stream;
    uv_pipe_t pipe;
    uv_tcp_t tcp;
  } any_{};
};

/// Whether a socket is a unix socket.
[[nodiscard]] bool is_unix_socket(int descriptor);

/// The error for a negative code of libuv; nothing for 0.
[[nodiscard]] Result<void> result_of(int uv_code);

}  // namespace ipsetkv::server
