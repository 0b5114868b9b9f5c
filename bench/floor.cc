// SPDX-License-Identifier: MIT
#include "floor.h"

#include <arpa/inet.h>
#include <linux/netfilter/nfnetlink.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>
#include <string_view>

namespace ipsetkv::bench {
namespace {

// Chunks that ipsetkv replaces in one send.
constexpr std::size_t kSmallPieces = 64;

/// For a short value, what a part of a dump can be: larger buffers make the kernel allocate larger
/// parts. For a long one as large as the kernel's parts get, so that there are few.
std::size_t receive_bytes(std::size_t value_bytes) {
  constexpr std::size_t kLongValue = 1024;
  constexpr std::size_t kLargest = 32'768;
  if (value_bytes > kLongValue) return kLargest;
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

struct Fields {
  std::uint32_t address = 0;
  std::size_t port = 0;
  std::string_view comment;
};

Fields fields_of(const nlattr& element) {
  Fields fields;
  for_each_attribute(element, [&](const nlattr& field) {
    switch (mnl_attr_get_type(&field)) {
      case IPSET_ATTR_PORT:
        fields.port = ntohs(mnl_attr_get_u16(&field));
        break;
      case IPSET_ATTR_IP:
        for_each_attribute(field,
                           [&](const nlattr& ip) { fields.address = mnl_attr_get_u32(&ip); });
        break;
      case IPSET_ATTR_COMMENT:
        fields.comment = {mnl_attr_get_str(&field), mnl_attr_get_payload_len(&field) - 1U};
        break;
      default:
        break;
    }
  });
  return fields;
}

void place_chunk(const Fields& fields, std::string& value) {
  value.resize(std::max(value.size(), fields.port * 4 + 4));
  std::memcpy(value.data() + fields.port * 4, &fields.address, sizeof fields.address);
}

char unescape(char letter) {
  if (letter == 'q') return '"';
  if (letter == 'n') return '\n';
  return letter == '0' ? '\0' : letter;
}

void place_comment(const Fields& fields, std::string& value) {
  std::array<char, IPSET_MAX_COMMENT_SIZE> bytes;
  char* end = bytes.data();
  for (std::string_view rest = fields.comment; !rest.empty();) {
    const std::size_t plain = std::min(rest.find('\\'), rest.size());
    end = std::copy_n(rest.begin(), plain, end);
    rest.remove_prefix(plain);
    if (rest.empty()) break;
    *end++ = unescape(rest[1]);
    rest.remove_prefix(2);
  }
  const std::size_t offset = std::size_t{ntohl(fields.address) - 1} << 16 | fields.port;
  const auto count = static_cast<std::size_t>(end - bytes.data());
  value.resize(std::max(value.size(), offset + count));
  std::copy_n(bytes.data(), count, value.data() + offset);
}

/// The kernel's answer if this message is one: 0, or an errno.
std::optional<int> answer(const nlmsghdr& message) {
  if (message.nlmsg_type != NLMSG_ERROR) return std::nullopt;
  return -static_cast<const nlmsgerr*>(mnl_nlmsg_get_payload(&message))->error;
}

}  // namespace

Floor::Floor(Socket socket, const Task& task, Writing writing, Reading reading)
    : socket_(std::move(socket)),
      descriptor_(mnl_socket_get_fd(socket_.get())),
      task_(task),
      writing_(writing),
      reading_(reading),
      spare_("~"),
      lock_("~lock-0"),
      buffer_(receive_bytes(task.values[0].size())) {
  spare_ += std::to_string(mnl_socket_get_portid(socket_.get()));
  held_ = spare_ + "-0";
}

std::unique_ptr<Floor> Floor::open(const Task& task, Writing writing, Reading reading) {
  Socket socket(mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC));
  if (!socket || mnl_socket_bind(socket.get(), 0, MNL_SOCKET_AUTOPID) != 0) return nullptr;
  int on = 1;
  if (mnl_socket_setsockopt(socket.get(), NETLINK_CAP_ACK, &on, sizeof on) != 0) return nullptr;
  std::unique_ptr<Floor> floor(new Floor(std::move(socket), task, writing, reading));
  if (!floor->create_sets()) return nullptr;
  floor->prepare();
  // The first write's `test` finds nothing in what was an empty set.
  (void)floor->set(0);
  while (recv(floor->descriptor_, floor->buffer_.data(), floor->buffer_.size(), MSG_DONTWAIT) > 0)
    ;
  return floor->set(1) ? std::move(floor) : nullptr;
}

bool Floor::create_sets() {
  const std::size_t hashsize = hashsize_for(task_.layout, task_.values[0].size());
  Requests requests;
  requests.create(kKey, task_.layout, hashsize);
  requests.create(spare_, task_.layout, hashsize);
  requests.create(lock_, Layout::kIpv4, hashsize_for(Layout::kIpv4, 0));
  return send(requests.take().front()) && nothing_failed();
}

void Floor::write_small(Requests& requests, const std::vector<Piece>& pieces) const {
  requests.rename(lock_, held_);
  requests.flush(held_);
  requests.add(held_, pieces);
  requests.swap(held_, kKey);
  requests.swap(spare_, held_);
}

void Floor::write(Requests& requests, const std::vector<Piece>& pieces) const {
  requests.flush(spare_);
  requests.add(spare_, pieces);
  requests.start_another_send();
  requests.rename(lock_, held_);
  requests.start_another_send();
  requests.swap(spare_, kKey);
}

void Floor::write_bare(Requests& requests, const std::vector<Piece>& pieces) const {
  requests.flush(spare_);
  requests.add(spare_, pieces);
  requests.swap(spare_, kKey);
}

void Floor::prepare() {
  const std::vector<Piece> pieces[] = {make_pieces(task_.layout, task_.values[0]),
                                       make_pieces(task_.layout, task_.values[1])};
  const bool small = task_.layout == Layout::kIpv4 && pieces[0].size() <= kSmallPieces;
  for (std::size_t which = 0; which < writes_.size(); ++which) {
    Requests requests;
    if (writing_ == Writing::kLocked) {
      small ? write_small(requests, pieces[which]) : write(requests, pieces[which]);
      requests.test(spare_, pieces[1 - which][0]);
      requests.compare(spare_, task_.layout);
      requests.rename(held_, lock_);
    } else {
      write_bare(requests, pieces[which]);
    }
    if (writing_ == Writing::kAcknowledged) requests.acknowledge_last();
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
  return writing_ == Writing::kAcknowledged ? acknowledged() : nothing_failed();
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
    for_each_attribute(attribute, [&](const nlattr& element) {
      const Fields fields = fields_of(element);
      fields.comment.empty() ? place_chunk(fields, value) : place_comment(fields, value);
    });
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
