// SPDX-License-Identifier: MIT
#include "server/net/uv_socket.h"

#include <sys/socket.h>

namespace ipsetkv::server {

Result<void> UvSocket::init(uv_loop_t* loop, bool is_unix) {
  return result_of(is_unix ? uv_pipe_init(loop, &any_.pipe, 0) : uv_tcp_init(loop, &any_.tcp));
}

Result<void> UvSocket::open(int descriptor) {
  return result_of(is_unix() ? uv_pipe_open(&any_.pipe, descriptor)
                             : uv_tcp_open(&any_.tcp, descriptor));
}

int UvSocket::descriptor() const {
  uv_os_fd_t descriptor = -1;
  uv_fileno(&any_.handle, &descriptor);
  return descriptor;
}

bool is_unix_socket(int descriptor) {
  sockaddr_storage address{};
  socklen_t length = sizeof address;
  getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &length);
  return address.ss_family == AF_UNIX;
}

Result<void> result_of(int uv_code) {
  if (uv_code >= 0) return {};
  return tl::unexpected(
      Error{.code = ErrorCode::kSystemCall, .step = Step::kOpen, .kernel_code = -uv_code});
}

}  // namespace ipsetkv::server
