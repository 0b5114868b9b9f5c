// SPDX-License-Identifier: MIT
#pragma once

#include <gtest/gtest.h>
#include <linux/netlink.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace ipsetkv::tests {

/// Another netlink socket that sends any datagram to a port id: in place of the kernel (family
/// NETLINK_USERSOCK, in which nothing else sends), or beside it (any family, as root).
class NetlinkPeer {
 public:
  explicit NetlinkPeer(int family)
      : descriptor_(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, family)) {}
  NetlinkPeer(const NetlinkPeer&) = delete;
  NetlinkPeer& operator=(const NetlinkPeer&) = delete;
  ~NetlinkPeer() { close(descriptor_); }

  void send(std::uint32_t port_id, std::span<const std::byte> datagram) {
    sockaddr_nl address{};
    address.nl_family = AF_NETLINK;
    address.nl_pid = port_id;
    EXPECT_EQ(sendto(descriptor_, datagram.data(), datagram.size(), 0,
                     reinterpret_cast<const sockaddr*>(&address), sizeof address),
              static_cast<ssize_t>(datagram.size()))
        << std::strerror(errno);
  }

 private:
  int descriptor_;
};

}  // namespace ipsetkv::tests
