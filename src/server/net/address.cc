// SPDX-License-Identifier: MIT
#include "server/net/address.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <cstdint>
#include <cstring>

#include "server/protocol/number.h"

namespace ipsetkv::server {
namespace {

using AddressOf = int (*)(int, sockaddr*, socklen_t*);

sockaddr_storage ask(int descriptor, AddressOf ask_kernel) {
  sockaddr_storage address{};
  socklen_t length = sizeof address;
  ask_kernel(descriptor, reinterpret_cast<sockaddr*>(&address), &length);
  return address;
}

/// The path of a unix socket; one without a file begins with '@', as systemd writes it.
std::string path_of(const sockaddr_storage& address) {
  auto path = std::to_array(reinterpret_cast<const sockaddr_un&>(address).sun_path);
  if (path[0] == '\0' && path[1] != '\0') path[0] = '@';
  return {path.data(), strnlen(path.data(), path.size())};
}

struct HostAndPort {
  std::string host = "?";
  std::string port = "0";
};

HostAndPort parts_of(const sockaddr_storage& address) {
  std::array<char, NI_MAXHOST> host{};
  std::array<char, NI_MAXSERV> port{};
  if (getnameinfo(reinterpret_cast<const sockaddr*>(&address), sizeof address, host.data(),
                  host.size(), port.data(), port.size(), NI_NUMERICHOST | NI_NUMERICSERV) != 0)
    return {};
  return {.host = host.data(), .port = port.data()};
}

std::string text_of(const sockaddr_storage& address) {
  const auto [host, port] = parts_of(address);
  return address.ss_family == AF_INET6 ? "[" + host + "]:" + port : host + ":" + port;
}

}  // namespace

std::pair<std::string, std::string> addresses_of(int descriptor) {
  const sockaddr_storage own = ask(descriptor, getsockname);
  if (own.ss_family != AF_UNIX) return {text_of(ask(descriptor, getpeername)), text_of(own)};
  const std::string path = path_of(own) + ":0";
  return {path, path};
}

void note_addresses(const std::vector<int>& listeners, ServeOptions& options) {
  options.unix_path.clear();
  options.addresses.clear();
  for (const int descriptor : listeners) {
    const sockaddr_storage address = ask(descriptor, getsockname);
    if (address.ss_family == AF_UNIX) {
      options.unix_path = path_of(address);
      continue;
    }
    const auto [host, port] = parts_of(address);
    options.addresses.push_back(host);
    options.port = static_cast<std::uint16_t>(integer_in(port).value_or(0));
  }
}

bool comes_from_outside(int descriptor) {
  const sockaddr_storage address = ask(descriptor, getpeername);
  if (address.ss_family == AF_INET) {
    const auto& inet = reinterpret_cast<const sockaddr_in&>(address);
    return ntohl(inet.sin_addr.s_addr) >> 24U != IN_LOOPBACKNET;
  }
  if (address.ss_family == AF_INET6) {
    const in6_addr& inet6 = reinterpret_cast<const sockaddr_in6&>(address).sin6_addr;
    if (IN6_IS_ADDR_V4MAPPED(&inet6)) return inet6.s6_addr[12] != IN_LOOPBACKNET;
    return !IN6_IS_ADDR_LOOPBACK(&inet6);
  }
  // A client that has left already has no address.
  return true;
}

const std::string_view kProtectedModeText =
    "DENIED Redis is running in protected mode because protected mode is enabled and no password "
    "is set for the default user. In this mode connections are only accepted from the loopback "
    "interface. If you want to connect from external computers to Redis you may adopt one of the "
    "following solutions: 1) Just disable protected mode sending the command 'CONFIG SET "
    "protected-mode no' from the loopback interface by connecting to Redis from the same host the "
    "server is running, however MAKE SURE Redis is not publicly accessible from internet if you do "
    "so. Use CONFIG REWRITE to make this change permanent. 2) Alternatively you can just disable "
    "the protected mode by editing the Redis configuration file, and setting the protected mode "
    "option to 'no', and then restarting the server. 3) If you started the server manually just "
    "for testing, restart it with the '--protected-mode no' option. 4) Setup a an authentication "
    "password for the default user. NOTE: You only need to do one of the above things in order for "
    "the server to start accepting connections from the outside.";

}  // namespace ipsetkv::server
