// SPDX-License-Identifier: MIT
#pragma once

#include <gtest/gtest.h>
#include <linux/netlink.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "ipset/listing.h"
#include "ipset/recorded_replies.h"
#include "netlink/socket.h"
#include "support/hex.h"
#include "support/netlink_peer.h"
#include "support/private_namespace.h"

namespace ipsetkv::ipset {

/// A set as a Listing shows it.
struct ListedSet {
  SetHeader header;
  std::vector<Element> elements;
};

/// Reads a Listing to its end, or to its first error.
[[nodiscard]] inline Result<std::vector<ListedSet>> read_all(Listing& listing) {
  std::vector<ListedSet> sets;
  for (;;) {
    const auto header = listing.next_set();
    if (!header) return tl::unexpected(header.error());
    if (*header == nullptr) return sets;
    sets.push_back({**header, {}});
    for (;;) {
      const auto element = listing.next_element();
      if (!element) return tl::unexpected(element.error());
      if (*element == nullptr) break;
      sets.back().elements.push_back(**element);
    }
  }
}

/// Gives a Listing the datagrams of our choice to read, over a netlink socket between two users.
class FakeDumpTest : public tests::KernelTest {
 protected:
  void SetUp() override {
    KernelTest::SetUp();
    auto opened = netlink::Socket::open(NETLINK_USERSOCK);
    ASSERT_TRUE(opened) << opened.error().message();
    socket_ = std::make_unique<netlink::Socket>(*std::move(opened));
    peer_ = std::make_unique<tests::NetlinkPeer>(NETLINK_USERSOCK);
  }

  void queue(std::span<const std::byte> datagram) { peer_->send(socket_->port_id(), datagram); }
  void queue_hex(std::string_view hex) { queue(tests::from_hex(hex)); }

  /// A Listing of what was queued. It waits for nothing that is not there.
  [[nodiscard]] Listing listing(ListMode mode = ListMode::kElements,
                                std::string_view subject = "") {
    return Listing(*socket_, buffer_, kRecordedSequence, mode, subject,
                   std::chrono::milliseconds(0));
  }

  [[nodiscard]] Result<std::vector<ListedSet>> read(ListMode mode = ListMode::kElements,
                                                    std::string_view subject = "") {
    Listing all = listing(mode, subject);
    return read_all(all);
  }

  /// The number of datagrams that are still unread.
  [[nodiscard]] int unread() {
    for (int count = 0;; ++count)
      if (socket_->receive_queued(buffer_)->bytes.empty()) return count;
  }

 private:
  std::unique_ptr<netlink::Socket> socket_;
  std::unique_ptr<tests::NetlinkPeer> peer_;
  tests::Bytes buffer_ = tests::Bytes(netlink::Socket::dump_part_bytes());
};

}  // namespace ipsetkv::ipset
