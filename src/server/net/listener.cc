// SPDX-License-Identifier: MIT
#include "server/net/listener.h"

#include <netdb.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <string_view>
#include <utility>

namespace ipsetkv::server {
namespace {

constexpr int kFlags = SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK;

tl::unexpected<Error> failure(std::string_view about, int code) {
  return tl::unexpected(
      Error{.code = ErrorCode::kSystemCall, .step = Step::kListen, .kernel_code = code}.about(
          about));
}

/// 0 if no process listens at the path any more; otherwise the errno why it is not replaced.
int reason_to_leave(const sockaddr_un& address) {
  const int probe = socket(AF_UNIX, kFlags, 0);
  if (probe < 0) return errno;
  const bool connected =
      connect(probe, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  const int code = errno;
  close(probe);
  // EAGAIN: the queue of a live server is full.
  if (connected || code == EAGAIN) return EADDRINUSE;
  return code == ECONNREFUSED || code == ENOENT ? 0 : code;
}

}  // namespace

Listener::Listener(Listener&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)), path_(std::exchange(other.path_, {})) {}

Listener& Listener::operator=(Listener&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  std::swap(path_, other.path_);
  return *this;
}

Listener::~Listener() {
  if (descriptor_ >= 0) close(descriptor_);
  if (!path_.empty()) unlink(path_.c_str());
}

Listener Listener::inherited(int descriptor) { return Listener(descriptor); }

Result<Listener> Listener::on_path(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return failure(path, ENAMETOOLONG);
  std::memcpy(address.sun_path, path.data(), path.size());
  Listener listener(socket(AF_UNIX, kFlags, 0));
  if (listener.descriptor_ < 0) return failure(path, errno);
  struct stat status {};
  if (lstat(path.c_str(), &status) == 0 && S_ISSOCK(status.st_mode)) {
    if (const int reason = reason_to_leave(address); reason != 0) return failure(path, reason);
    unlink(path.c_str());
  }
  // Set before the file is made: otherwise it would be open to others for a moment.
  const mode_t usual = umask(0177);
  const int bound =
      bind(listener.descriptor_, reinterpret_cast<const sockaddr*>(&address), sizeof address);
  const int code = errno;
  umask(usual);
  if (bound != 0) return failure(path, code);
  listener.path_ = path;
  return listener;
}

Result<std::vector<Listener>> Listener::on_address(const std::string& address, std::uint16_t port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int code = getaddrinfo(address.c_str(), std::to_string(port).c_str(), &hints, &found);
  if (code != 0) return failure(address, code == EAI_SYSTEM ? errno : EADDRNOTAVAIL);
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(found, freeaddrinfo);
  std::vector<Listener> listeners;
  for (const addrinfo* each = found; each != nullptr; each = each->ai_next) {
    Listener listener(socket(each->ai_family, kFlags, 0));
    if (listener.descriptor_ < 0) return failure(address, errno);
    const int on = 1;
    setsockopt(listener.descriptor_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (each->ai_family == AF_INET6)
      setsockopt(listener.descriptor_, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    if (bind(listener.descriptor_, each->ai_addr, each->ai_addrlen) != 0)
      return failure(address, errno);
    listeners.push_back(std::move(listener));
  }
  return listeners;
}

}  // namespace ipsetkv::server
