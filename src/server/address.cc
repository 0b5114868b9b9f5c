// SPDX-License-Identifier: MIT
#include "server/address.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cstring>

namespace ipsetkv::server {
namespace {

using AddressOf = int (*)(int, sockaddr*, socklen_t*);

sockaddr_storage ask(int descriptor, AddressOf ask_kernel) {
  sockaddr_storage address{};
  socklen_t length = sizeof address;
  ask_kernel(descriptor, reinterpret_cast<sockaddr*>(&address), &length);
  return address;
}

std::string text_of(const sockaddr_storage& address, const ServeOptions& options) {
  if (address.ss_family == AF_UNIX) return options.unix_path + ":0";
  std::array<char, NI_MAXHOST> host{};
  std::array<char, NI_MAXSERV> port{};
  if (getnameinfo(reinterpret_cast<const sockaddr*>(&address), sizeof address, host.data(),
                  host.size(), port.data(), port.size(), NI_NUMERICHOST | NI_NUMERICSERV) != 0)
    return "?:0";
  const bool is_six = address.ss_family == AF_INET6;
  return (is_six ? "[" : "") + std::string(host.data()) + (is_six ? "]:" : ":") + port.data();
}

}  // namespace

std::pair<std::string, std::string> addresses_of(int descriptor, const ServeOptions& options) {
  return {text_of(ask(descriptor, getpeername), options),
          text_of(ask(descriptor, getsockname), options)};
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
  // One that is gone already has no address to be told by.
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
