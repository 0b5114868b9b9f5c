// SPDX-License-Identifier: MIT
#include "table_floor.h"

#include <linux/netfilter/nfnetlink.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string_view>

#include "attributes.h"
#include "comments.h"
#include "table_peer.h"

namespace ipsetkv::bench {
namespace {

constexpr std::size_t kLargestPart = 32'768;
constexpr std::string_view kBetween = "\\=";

std::size_t small_part() {
  return std::min<std::size_t>(static_cast<std::size_t>(sysconf(_SC_PAGESIZE)), 8192);
}

mnl_socket* open_socket() {
  mnl_socket* const socket = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC);
  if (socket != nullptr) (void)mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID);
  return socket;
}

/// The elements that a message of a listing has.
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

/// The payload of an element's address, which the kernel puts first.
const char* address_in(const nlattr& element) {
  const auto& ip = *reinterpret_cast<const nlattr*>(payload_of(element));
  return payload_of(*reinterpret_cast<const nlattr*>(payload_of(ip)));
}

std::string_view comment_in(const nlattr& element) {
  std::string_view comment;
  for_each_attribute(element, [&](const nlattr& field) {
    if (type_of(field) == IPSET_ATTR_COMMENT) comment = text_of(field);
  });
  return comment;
}

std::size_t place_of(const std::vector<std::byte>& message, const void* bytes, std::size_t count) {
  const auto* const first = static_cast<const std::byte*>(bytes);
  const auto found = std::search(message.begin(), message.end(), first, first + count);
  return static_cast<std::size_t>(found - message.begin());
}

}  // namespace

TableFloor::TableFloor(const Task& task)
    : socket_(open_socket()),
      descriptor_(socket_ ? mnl_socket_get_fd(socket_.get()) : -1),
      task_(task),
      buffer_(kLargestPart) {}

std::unique_ptr<Peer> TableFloor::open(const Task& task) {
  if (!TablePeer::open(task)) return nullptr;
  // Before the socket that measures, which keeps to small parts.
  std::unique_ptr<TableFloor> floor(new TableFloor(task));
  if (floor->descriptor_ < 0 || !floor->find_keys()) return nullptr;
  floor->socket_.reset(open_socket());
  if (!floor->socket_) return nullptr;
  floor->descriptor_ = mnl_socket_get_fd(floor->socket_.get());
  floor->prepare();
  return floor;
}

bool TableFloor::send(const std::vector<std::byte>& message) {
  return ::send(descriptor_, message.data(), message.size(), 0) >= 0;
}

template <class Visit>
bool TableFloor::receive(std::size_t part_bytes, const Visit& visit) {
  for (;;) {
    const ssize_t received = recv(descriptor_, buffer_.data(), part_bytes, MSG_DONTWAIT);
    if (received < 0) return false;
    int left = static_cast<int>(received);
    const auto* message = reinterpret_cast<const nlmsghdr*>(buffer_.data());
    for (; mnl_nlmsg_ok(message, left); message = mnl_nlmsg_next(message, &left)) {
      if (message->nlmsg_type == NLMSG_ERROR) return false;
      if (message->nlmsg_type == NLMSG_DONE) return true;
      visit(*message);
    }
  }
}

void TableFloor::learn(const nlmsghdr& message) {
  for_each_element(message, [&](std::string_view set, const nlattr& element) {
    const std::string_view comment = comment_in(element);
    const std::size_t end = comment.find(kBetween);
    if (end == std::string_view::npos) return;
    if (buckets_.empty() || buckets_.back() != set) buckets_.emplace_back(set);
    Place place{.bucket = buckets_.size() - 1, .address = {}};
    std::memcpy(place.address.data(), address_in(element), place.address.size());
    places_.emplace(comment.substr(0, end), place);
  });
}

bool TableFloor::find_keys() {
  Requests requests;
  requests.list({});
  return send(requests.take().front()) &&
         receive(kLargestPart, [&](const nlmsghdr& message) { learn(message); }) &&
         places_.size() == task_.keys.size();
}

void TableFloor::prepare() {
  const std::string& key = task_.keys[0];
  const Address& address = places_.at(key).address;
  for (const std::string& bucket : buckets_) {
    Requests requests;
    requests.list(bucket);
    listings_.push_back(requests.take().front());
    for (std::size_t which = 0; which < task_.values.size(); ++which) {
      requests.put(bucket, address,
                   escape(key) + std::string(kBetween) + escape(task_.values[which]));
      Addition addition{.message = requests.take().front(), .address = 0, .key = 0};
      addition.address = place_of(addition.message, address.data(), address.size());
      addition.key = place_of(addition.message, key.data(), key.size());
      additions_[which].push_back(std::move(addition));
    }
  }
}

bool TableFloor::set(const std::string& key, std::size_t which) {
  const Place& place = places_.find(key)->second;
  Addition& addition = additions_[which][place.bucket];
  std::memcpy(addition.message.data() + addition.address, place.address.data(),
              place.address.size());
  std::memcpy(addition.message.data() + addition.key, key.data(), key.size());
  // The kernel has worked on it before `send` returns: an empty queue means success.
  return send(addition.message) &&
         recv(descriptor_, buffer_.data(), buffer_.size(), MSG_DONTWAIT) < 0 && errno == EAGAIN;
}

bool TableFloor::get(const std::string& key, std::string& value) {
  const Place& place = places_.find(key)->second;
  value.clear();
  const auto take = [&](std::string_view, const nlattr& element) {
    if (std::memcmp(address_in(element), place.address.data(), place.address.size()) != 0) return;
    const std::string_view comment = comment_in(element);
    const std::string_view escaped = comment.substr(comment.find(kBetween) + kBetween.size());
    value.resize(escaped.size());
    value.resize(static_cast<std::size_t>(unescape(escaped, value.data()) - value.data()));
  };
  return send(listings_[place.bucket]) &&
         receive(small_part(), [&](const nlmsghdr& message) { for_each_element(message, take); });
}

}  // namespace ipsetkv::bench
