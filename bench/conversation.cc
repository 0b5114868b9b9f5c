// SPDX-License-Identifier: MIT
#include "conversation.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace ipsetkv::bench {

std::size_t small_part_bytes() {
  return std::min<std::size_t>(static_cast<std::size_t>(sysconf(_SC_PAGESIZE)), 8192);
}

std::optional<Conversation> Conversation::open(std::size_t part_bytes) {
  Socket socket(mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC));
  int on = 1;
  if (!socket || mnl_socket_bind(socket.get(), 0, MNL_SOCKET_AUTOPID) != 0 ||
      mnl_socket_setsockopt(socket.get(), NETLINK_CAP_ACK, &on, sizeof on) != 0)
    return std::nullopt;
  return Conversation(std::move(socket), part_bytes);
}

std::uint32_t Conversation::port_id() const { return mnl_socket_get_portid(socket_.get()); }

bool Conversation::nothing_failed() {
  bool good = true;
  while (recv(descriptor_, buffer_->bytes.data(), part_bytes_, MSG_DONTWAIT) >= 0) good = false;
  return good && errno == EAGAIN;
}

bool Conversation::acknowledged() {
  if (recv(descriptor_, buffer_->bytes.data(), part_bytes_, 0) < 0) return false;
  const auto& message = *reinterpret_cast<const nlmsghdr*>(buffer_->bytes.data());
  return message.nlmsg_type == NLMSG_ERROR &&
         static_cast<const nlmsgerr*>(mnl_nlmsg_get_payload(&message))->error == 0;
}

}  // namespace ipsetkv::bench
