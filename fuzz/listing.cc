// SPDX-License-Identifier: MIT

// A Listing of arbitrary datagrams. Checks that it ends, with or without an error, and that views
// show at least as much as elements do. The input is datagrams, each with its length in two bytes
// in front. They are sent through a netlink socket of user space, because a Listing reads from a
// socket.

#include <linux/netlink.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>
#include <vector>

#include "fuzz/input.h"
#include "ipset/listing.h"
#include "ipset/recorded_replies.h"
#include "netlink/socket.h"

namespace ipsetkv::fuzz {
namespace {

constexpr std::size_t kMostDatagrams = 16;
/// The fewest bytes of a set or an element on the wire: an attribute's header.
constexpr std::size_t kSmallest = 4;

class Peer {
 public:
  Peer() : descriptor_(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_USERSOCK)) {}
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;
  ~Peer() { close(descriptor_); }

  /// False if the datagram was not sent because the receiver's queue is full.
  [[nodiscard]] bool send(std::uint32_t port_id, std::string_view datagram) const {
    sockaddr_nl address{};
    address.nl_family = AF_NETLINK;
    address.nl_pid = port_id;
    return sendto(descriptor_, datagram.data(), datagram.size(), MSG_DONTWAIT,
                  reinterpret_cast<const sockaddr*>(&address), sizeof address) >= 0;
  }

 private:
  int descriptor_;
};

struct Reading {
  std::size_t sets = 0;
  std::size_t elements = 0;
  bool good = true;
};

/// Reads to the end, continuing after malformed sets, as the destructor has to.
template <class Next>
Reading read(ipset::Listing& listing, std::size_t limit, Next next) {
  Reading reading;
  for (std::size_t steps = 0;; ++steps) {
    require(steps <= limit, "a listing ends");
    const auto header = listing.next_set();
    reading.good = reading.good && header.has_value();
    if (!header && header.error().code != ErrorCode::kMalformed) return reading;
    if (!header) continue;
    if (*header == nullptr) return reading;
    ++reading.sets;
    for (auto element = next(listing); element && *element != nullptr; element = next(listing))
      require(++reading.elements <= limit, "a set ends");
  }
}

template <class Next>
Reading read_input(std::string_view datagrams, ipset::ListMode mode, Next next) {
  auto socket = netlink::Socket::open(NETLINK_USERSOCK);
  require(socket.has_value(), "a netlink socket of user space can be opened");
  const Peer peer;
  Input input(reinterpret_cast<const std::uint8_t*>(datagrams.data()), datagrams.size());
  for (std::size_t count = 0; count < kMostDatagrams && !input.empty(); ++count)
    if (!peer.send(socket->port_id(), input.text<std::uint16_t>())) break;

  std::vector<std::byte> buffer(netlink::Socket::kLargestPartBytes);
  ipset::Listing listing(*socket, buffer, ipset::kRecordedSequence, mode, "drawer",
                         std::chrono::milliseconds(0));
  return read(listing, datagrams.size() / kSmallest + kMostDatagrams, next);
}

void check(ipset::ListMode mode, std::string_view datagrams) {
  const auto elements =
      read_input(datagrams, mode, [](ipset::Listing& listing) { return listing.next_element(); });
  const auto views = read_input(
      datagrams, mode, [](ipset::Listing& listing) { return listing.next_element_view(); });
  require(elements.sets == views.sets && views.elements >= elements.elements,
          "views show at least as much as elements do");
}

}  // namespace
}  // namespace ipsetkv::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using ipsetkv::ipset::ListMode;
  ipsetkv::fuzz::Input input(data, size);
  const auto mode = input.flag() ? ListMode::kNames : ListMode::kElements;
  ipsetkv::fuzz::check(mode, input.rest());
  return 0;
}
