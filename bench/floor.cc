// SPDX-License-Identifier: MIT
#include "floor.h"

#include <arpa/inet.h>
#include <linux/netfilter/nfnetlink.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <string_view>

#include "attributes.h"
#include "comments.h"

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

struct Fields {
  std::uint32_t address = 0;
  std::size_t port = 0;
  std::string_view comment;
};

Fields fields_of(const nlattr& element) {
  Fields fields;
  for_each_attribute(element, [&](const nlattr& field) {
    switch (type_of(field)) {
      case IPSET_ATTR_PORT:
        fields.port = ntohs(number_in<std::uint16_t>(field));
        break;
      case IPSET_ATTR_IP:
        for_each_attribute(
            field, [&](const nlattr& ip) { fields.address = number_in<std::uint32_t>(ip); });
        break;
      case IPSET_ATTR_COMMENT:
        fields.comment = text_of(field);
        break;
      default:
        break;
    }
  });
  return fields;
}

/// A value that is being put together. The string keeps its length from one read to the next, so
/// that nothing is filled with zeros only to be written over.
class Assembly {
 public:
  explicit Assembly(std::string& value) : value_(value) {}

  void place(const nlattr& element) {
    const Fields fields = fields_of(element);
    fields.comment.empty() ? place_chunk(fields) : place_comment(fields);
  }
  void end() { value_.resize(end_); }

 private:
  char* room(std::size_t offset, std::size_t count) {
    // Its memory grows by halves or more at a time, and stays for the next value.
    if (value_.size() < offset + count) value_.resize(offset + count);
    return value_.data() + offset;
  }
  void place_chunk(const Fields& fields) {
    const std::size_t offset = fields.port * sizeof fields.address;
    std::memcpy(room(offset, sizeof fields.address), &fields.address, sizeof fields.address);
    end_ = std::max(end_, offset + sizeof fields.address);
  }
  void place_comment(const Fields& fields);

  std::string& value_;
  std::size_t end_ = 0;
};

void Assembly::place_comment(const Fields& fields) {
  const std::size_t offset = std::size_t{ntohl(fields.address) - 1} << 16 | fields.port;
  const char* const place = unescape(fields.comment, room(offset, fields.comment.size()));
  end_ = std::max(end_, static_cast<std::size_t>(place - value_.data()));
}

/// Places the elements of one part of a listing.
void decode(const nlmsghdr& message, Assembly& assembly) {
  const auto* const start = reinterpret_cast<const char*>(&message);
  for_each_attribute(start + MNL_NLMSG_HDRLEN + MNL_ALIGN(sizeof(nfgenmsg)),
                     start + message.nlmsg_len, [&](const nlattr& attribute) {
                       if (type_of(attribute) != IPSET_ATTR_ADT) return;
                       for_each_attribute(attribute,
                                          [&](const nlattr& element) { assembly.place(element); });
                     });
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
  // A key's first write finds nothing of what its `test` asks for in what was an empty set.
  (void)floor->write_all(0);
  return floor->write_all(1) ? std::move(floor) : nullptr;
}

bool Floor::create_sets() {
  const std::size_t hashsize = hashsize_for(task_.layout, task_.values[0].size());
  const auto created = [this](std::string_view name, Layout layout, std::size_t size) {
    Requests requests;
    requests.create(name, layout, size);
    return send(requests.take().front()) && nothing_failed();
  };
  if (writing_ == Writing::kLocked &&
      !created(lock_, Layout::kIpv4, hashsize_for(Layout::kIpv4, 0)))
    return false;
  return created(spare_, task_.layout, hashsize) &&
         std::all_of(task_.keys.begin(), task_.keys.end(),
                     [&](const std::string& key) { return created(key, task_.layout, hashsize); });
}

/// Each key's value; false if the kernel complained of one.
bool Floor::write_all(std::size_t which) {
  bool good = true;
  for (const std::string& key : task_.keys) {
    if (set(key, which)) continue;
    good = false;
    while (recv(descriptor_, buffer_.data(), buffer_.size(), MSG_DONTWAIT) > 0)
      ;
  }
  return good;
}

void Floor::write_small(Requests& requests, const std::vector<Piece>& pieces) const {
  requests.rename(lock_, held_);
  requests.flush(held_);
  requests.add(held_, pieces);
  requests.swap(held_, task_.keys[0]);
  requests.swap(spare_, held_);
}

void Floor::write(Requests& requests, const std::vector<Piece>& pieces) const {
  requests.flush(spare_);
  requests.add(spare_, pieces);
  requests.start_another_send();
  requests.rename(lock_, held_);
  requests.start_another_send();
  requests.swap(spare_, task_.keys[0]);
}

void Floor::write_bare(Requests& requests, const std::vector<Piece>& pieces) const {
  requests.flush(spare_);
  requests.add(spare_, pieces);
  requests.swap(spare_, task_.keys[0]);
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
    writes_[which] = prepared(requests.take(), task_.keys[0]);
  }
  Requests requests;
  requests.list(task_.keys[0]);
  read_ = prepared(requests.take(), task_.keys[0]);
}

/// The last send has the name, in a write as in a read; no value has it.
Floor::Prepared Floor::prepared(Sends sends, const std::string& key) {
  Prepared messages{.sends = std::move(sends)};
  const auto equal = [](std::byte byte, char letter) { return byte == std::byte(letter); };
  auto& last = messages.sends.back();
  for (auto place = last.begin();; ++place) {
    place = std::search(place, last.end(), key.begin(), key.end(), equal);
    if (place == last.end()) return messages;
    messages.names.push_back(&*place);
  }
}

void Floor::address(Prepared& messages, const std::string& key) {
  for (std::byte* name : messages.names) std::memcpy(name, key.data(), key.size());
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

bool Floor::set(const std::string& key, std::size_t which) {
  address(writes_[which], key);
  for (const auto& messages : writes_[which].sends)
    if (!send(messages)) return false;
  return writing_ == Writing::kAcknowledged ? acknowledged() : nothing_failed();
}

bool Floor::get(const std::string& key, std::string& value) {
  address(read_, key);
  if (!send(read_.sends.front())) return false;
  Assembly assembly(value);
  for (;;) {
    const ssize_t received = recv(descriptor_, buffer_.data(), buffer_.size(), MSG_DONTWAIT);
    if (received < 0) return false;
    int left = static_cast<int>(received);
    const auto* message = reinterpret_cast<const nlmsghdr*>(buffer_.data());
    for (; mnl_nlmsg_ok(message, left); message = mnl_nlmsg_next(message, &left)) {
      if (message->nlmsg_type == NLMSG_ERROR) return false;
      if (message->nlmsg_type == NLMSG_DONE) return assembly.end(), true;
      if (reading_ == Reading::kDecoded) decode(*message, assembly);
    }
  }
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
