// SPDX-License-Identifier: MIT
#include "server/net/service_manager.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <string>

#include "server/protocol/number.h"

namespace ipsetkv::server {

ServiceManager::ServiceManager() {
  const char* const path = secure_getenv("NOTIFY_SOCKET");
  sockaddr_un address{};
  if (path == nullptr || (path[0] != '/' && path[0] != '@')) return;
  const std::size_t length = std::strlen(path);
  if (length >= sizeof address.sun_path) return;
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path, length);
  // An abstract socket: its name begins with a zero byte.
  if (path[0] == '@') address.sun_path[0] = '\0';
  socket_ = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (socket_ >= 0)
    (void)connect(socket_, reinterpret_cast<const sockaddr*>(&address),
                  static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + length));
}

ServiceManager::~ServiceManager() {
  if (socket_ >= 0) close(socket_);
}

void ServiceManager::notify(std::string_view state) const {
  if (socket_ >= 0) (void)send(socket_, state.data(), state.size(), MSG_NOSIGNAL);
}

std::vector<int> inherited_sockets() {
  constexpr int kFirst = 3;
  const char* const process = secure_getenv("LISTEN_PID");
  const char* const count = secure_getenv("LISTEN_FDS");
  std::vector<int> sockets;
  if (process == nullptr || count == nullptr || integer_in(process) != getpid()) return sockets;
  for (int i = 0; i < integer_in(count).value_or(0); ++i) {
    sockets.push_back(kFirst + i);
    fcntl(kFirst + i, F_SETFD, FD_CLOEXEC);
  }
  return sockets;
}

}  // namespace ipsetkv::server
