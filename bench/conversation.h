// SPDX-License-Identifier: MIT
#pragma once

#include <libmnl/libmnl.h>
#include <linux/netfilter/nfnetlink.h>
#include <sys/socket.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "attributes.h"
#include "requests.h"

namespace ipsetkv::bench {

/// The smallest buffer for a part of a listing. Larger ones make the kernel allocate larger parts.
[[nodiscard]] std::size_t small_part_bytes();
/// The largest part that the kernel sends.
inline constexpr std::size_t kLargestPartBytes = 32'768;

/// The receive buffer, aligned to a page as ipsetkv's is.
struct alignas(4096) PartBuffer {
  std::array<std::byte, kLargestPartBytes> bytes;
};

/// Visits the elements in a part of a listing, with the name of their set.
template <class Visit>
void for_each_element(const nlmsghdr& message, const Visit& visit) {
  const auto* const start = reinterpret_cast<const char*>(&message);
  std::string_view set;
  for_each_attribute(start + MNL_NLMSG_HDRLEN + MNL_ALIGN(sizeof(nfgenmsg)),
                     start + message.nlmsg_len, [&](const nlattr& attribute) {
                       if (type_of(attribute) == IPSET_ATTR_SETNAME) set = text_of(attribute);
                       if (type_of(attribute) != IPSET_ATTR_ADT) return;
                       for_each_attribute(attribute,
                                          [&](const nlattr& element) { visit(set, element); });
                     });
}

/// A netlink socket with the least code that sends messages and receives replies.
class Conversation {
 public:
  /// Receives parts of listings into a buffer of `part_bytes` bytes. Empty, with errno set, on
  /// failure.
  [[nodiscard]] static std::optional<Conversation> open(std::size_t part_bytes);

  [[nodiscard]] std::uint32_t port_id() const;
  [[nodiscard]] bool send(const std::vector<std::byte>& messages) {
    return ::send(descriptor_, messages.data(), messages.size(), 0) >= 0;
  }
  /// Whether the kernel executed all messages. It does so before `send` returns and only replies to
  /// those that fail, so an empty queue means success. Empties the queue otherwise.
  [[nodiscard]] bool nothing_failed();
  /// Waits for an acknowledgement. False if it is an error.
  [[nodiscard]] bool acknowledged();
  /// Visits each part of a listing. False if the kernel replies with an error.
  template <class Visit>
  [[nodiscard]] bool receive_listing(const Visit& visit) {
    for (;;) {
      const ssize_t received = recv(descriptor_, buffer_->bytes.data(), part_bytes_, MSG_DONTWAIT);
      if (received < 0) return false;
      int left = static_cast<int>(received);
      const auto* message = reinterpret_cast<const nlmsghdr*>(buffer_->bytes.data());
      for (; mnl_nlmsg_ok(message, left); message = mnl_nlmsg_next(message, &left)) {
        if (message->nlmsg_type == NLMSG_ERROR) return false;
        if (message->nlmsg_type == NLMSG_DONE) return true;
        visit(*message);
      }
    }
  }

 private:
  struct Close {
    void operator()(mnl_socket* socket) const { mnl_socket_close(socket); }
  };
  using Socket = std::unique_ptr<mnl_socket, Close>;

  Conversation(Socket socket, std::size_t part_bytes)
      : socket_(std::move(socket)),
        descriptor_(mnl_socket_get_fd(socket_.get())),
        part_bytes_(part_bytes),
        buffer_(std::make_unique_for_overwrite<PartBuffer>()) {}

  Socket socket_;
  int descriptor_;
  std::size_t part_bytes_;
  std::unique_ptr<PartBuffer> buffer_;
};

}  // namespace ipsetkv::bench
