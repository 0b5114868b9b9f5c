// SPDX-License-Identifier: MIT
#include "floor.h"

#include <arpa/inet.h>
#include <linux/netfilter/nfnetlink.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>
#include <optional>
#include <span>

namespace ipsetkv::bench {
namespace {

constexpr std::size_t kMinHashSize = 64;

/// Sizing it by what a part of a dump can be keeps the kernel from allocating larger ones.
std::size_t receive_bytes() {
  return std::min<std::size_t>(static_cast<std::size_t>(sysconf(_SC_PAGESIZE)), 8192);
}

/// The attributes of one nest, as libmnl walks them.
template <class Visit>
void for_each_attribute(const void* first, std::size_t bytes, Visit visit) {
  const auto* attribute = static_cast<const nlattr*>(first);
  const auto* const end = static_cast<const char*>(first) + bytes;
  for (; mnl_attr_ok(attribute, static_cast<int>(end - reinterpret_cast<const char*>(attribute)));
       attribute = mnl_attr_next(attribute))
    visit(*attribute);
}

template <class Visit>
void for_each_attribute(const nlattr& nest, Visit visit) {
  for_each_attribute(mnl_attr_get_payload(&nest), mnl_attr_get_payload_len(&nest), visit);
}

void place_chunk(const nlattr& element, std::string& value) {
  std::uint32_t address = 0;
  std::size_t port = 0;
  for_each_attribute(element, [&](const nlattr& field) {
    if (mnl_attr_get_type(&field) == IPSET_ATTR_PORT) port = ntohs(mnl_attr_get_u16(&field));
    if (mnl_attr_get_type(&field) != IPSET_ATTR_IP) return;
    for_each_attribute(field, [&](const nlattr& ip) { address = mnl_attr_get_u32(&ip); });
  });
  value.resize(std::max(value.size(), port * 4 + 4));
  std::memcpy(value.data() + port * 4, &address, sizeof address);
}

/// The kernel's answer if this message is one: 0, or an errno.
std::optional<int> answer(const nlmsghdr& message) {
  if (message.nlmsg_type != NLMSG_ERROR) return std::nullopt;
  return -static_cast<const nlmsgerr*>(mnl_nlmsg_get_payload(&message))->error;
}

}  // namespace

Floor::Floor(Socket socket, Ending ending, Reading reading)
    : socket_(std::move(socket)),
      descriptor_(mnl_socket_get_fd(socket_.get())),
      ending_(ending),
      reading_(reading),
      spare_("~"),
      buffer_(receive_bytes()) {
  spare_ += std::to_string(mnl_socket_get_portid(socket_.get()));
}

std::unique_ptr<Floor> Floor::open(const Values& values, Ending ending, Reading reading) {
  Socket socket(mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC));
  if (!socket || mnl_socket_bind(socket.get(), 0, MNL_SOCKET_AUTOPID) != 0) return nullptr;
  int on = 1;
  if (mnl_socket_setsockopt(socket.get(), NETLINK_CAP_ACK, &on, sizeof on) != 0) return nullptr;
  std::unique_ptr<Floor> floor(new Floor(std::move(socket), ending, reading));
  if (!floor->create_sets(chunk_count(values[0].size()))) return nullptr;
  floor->prepare(values);
  // The first write's `test` finds nothing in what was an empty set.
  (void)floor->set(0);
  while (recv(floor->descriptor_, floor->buffer_.data(), floor->buffer_.size(), MSG_DONTWAIT) > 0)
    ;
  return floor->set(1) ? std::move(floor) : nullptr;
}

bool Floor::create_sets(std::size_t chunks) {
  const std::size_t hashsize = std::max(kMinHashSize, std::bit_ceil(chunks));
  Requests requests;
  requests.create(kKey, hashsize);
  requests.create(spare_, hashsize);
  return send(requests.take().front()) && nothing_failed();
}

void Floor::prepare(const Values& values) {
  for (std::size_t which = 0; which < values.size(); ++which) {
    Requests requests;
    requests.flush(spare_);
    requests.add(spare_, values[which]);
    requests.swap(spare_, kKey);
    if (ending_ == Ending::kTested) requests.test(spare_, values[1 - which]);
    if (ending_ == Ending::kAcknowledged) requests.acknowledge_last();
    writes_[which] = requests.take();
  }
  Requests requests;
  requests.list(kKey);
  read_ = requests.take();
}

bool Floor::send(const std::vector<std::byte>& messages) {
  return ::send(descriptor_, messages.data(), messages.size(), 0) >= 0;
}

bool Floor::nothing_failed() {
  // The kernel has worked on everything before `send` returns: an empty queue means success.
  return recv(descriptor_, buffer_.data(), buffer_.size(), MSG_DONTWAIT) < 0 && errno == EAGAIN;
}

bool Floor::acknowledged() {
  if (recv(descriptor_, buffer_.data(), buffer_.size(), 0) < 0) return false;
  return answer(*reinterpret_cast<const nlmsghdr*>(buffer_.data())) == 0;
}

bool Floor::set(std::size_t which) {
  for (const auto& messages : writes_[which])
    if (!send(messages)) return false;
  return ending_ == Ending::kAcknowledged ? acknowledged() : nothing_failed();
}

bool Floor::get(std::string& value) {
  value.clear();
  if (!send(read_.front())) return false;
  for (;;) {
    const ssize_t received = recv(descriptor_, buffer_.data(), buffer_.size(), MSG_DONTWAIT);
    if (received < 0) return false;
    int left = static_cast<int>(received);
    const auto* message = reinterpret_cast<const nlmsghdr*>(buffer_.data());
    for (; mnl_nlmsg_ok(message, left); message = mnl_nlmsg_next(message, &left)) {
      if (message->nlmsg_type == NLMSG_DONE) return true;
      if (message->nlmsg_type == NLMSG_ERROR) return false;
      if (reading_ == Reading::kDecoded) decode(*message, value);
    }
  }
}

void Floor::decode(const nlmsghdr& message, std::string& value) const {
  const auto* const attributes = mnl_nlmsg_get_payload_offset(&message, sizeof(nfgenmsg));
  const std::size_t bytes = mnl_nlmsg_get_payload_len(&message) - sizeof(nfgenmsg);
  for_each_attribute(attributes, bytes, [&](const nlattr& attribute) {
    if (mnl_attr_get_type(&attribute) != IPSET_ATTR_ADT) return;
    for_each_attribute(attribute, [&](const nlattr& element) { place_chunk(element, value); });
  });
}

bool destroy_all_sets() {
  std::unique_ptr<mnl_socket, decltype([](mnl_socket* socket) { mnl_socket_close(socket); })>
      socket(mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC));
  if (!socket || mnl_socket_bind(socket.get(), 0, MNL_SOCKET_AUTOPID) != 0) return false;
  Requests requests;
  requests.destroy_all();
  requests.acknowledge_last();
  const auto messages = requests.take().front();
  std::array<std::byte, 256> reply{};
  if (mnl_socket_sendto(socket.get(), messages.data(), messages.size()) < 0) return false;
  if (mnl_socket_recvfrom(socket.get(), reply.data(), reply.size()) < 0) return false;
  return answer(*reinterpret_cast<const nlmsghdr*>(reply.data())) == 0;
}

}  // namespace ipsetkv::bench
