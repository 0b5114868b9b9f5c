// SPDX-License-Identifier: MIT
#include "floor.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cstring>
#include <string_view>
#include <utility>

#include "attributes.h"
#include "comments.h"

namespace ipsetkv::bench {
namespace {

// The most chunks of a value that ipsetkv replaces in one send.
constexpr std::size_t kSmallPieces = 64;

/// The size of the parts of a listing: small for a short value, the largest for a long one, to have
/// few of them.
std::size_t part_bytes_for(std::size_t value_bytes) {
  constexpr std::size_t kLongValue = 1024;
  return value_bytes > kLongValue ? kLargestPartBytes : small_part_bytes();
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

/// Assembles a value. The string keeps its length from one read to the next, so that it is not
/// filled with zeros only to be overwritten.
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
    // The memory grows geometrically and is reused for the next value.
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

}  // namespace

Floor::Floor(Conversation kernel, const Task& task, Writing writing, Reading reading)
    : kernel_(std::move(kernel)),
      task_(task),
      writing_(writing),
      reading_(reading),
      spare_("~"),
      lock_("~lock-0") {
  spare_ += std::to_string(kernel_.port_id());
  held_ = spare_ + "-0";
}

std::unique_ptr<Floor> Floor::open(const Task& task, Writing writing, Reading reading) {
  auto kernel = Conversation::open(part_bytes_for(task.values[0].size()));
  if (!kernel) return nullptr;
  std::unique_ptr<Floor> floor(new Floor(*std::move(kernel), task, writing, reading));
  if (!floor->create_sets()) return nullptr;
  floor->prepare();
  // The first write of each key fails its `test`, because the old set is empty.
  (void)floor->write_all(0);
  return floor->write_all(1) ? std::move(floor) : nullptr;
}

bool Floor::create_sets() {
  const std::size_t hashsize = hashsize_for(task_.layout, task_.values[0].size());
  const auto created = [this](std::string_view name, Layout layout, std::size_t size) {
    Requests requests;
    requests.create(name, layout, size);
    return kernel_.send(requests.take().front()) && kernel_.nothing_failed();
  };
  if (writing_ == Writing::kLocked &&
      !created(lock_, Layout::kIpv4, hashsize_for(Layout::kIpv4, 0)))
    return false;
  return created(spare_, task_.layout, hashsize) &&
         std::all_of(task_.keys.begin(), task_.keys.end(),
                     [&](const std::string& key) { return created(key, task_.layout, hashsize); });
}

/// Writes values[which] to all keys. False if the kernel refused one.
bool Floor::write_all(std::size_t which) {
  bool good = true;
  for (const std::string& key : task_.keys) good = set(key, which) && good;
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
      if (!small) requests.compare(spare_, task_.layout);
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

/// Finds the key's name in the last send, where it is in reads and in writes. No value contains it.
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

bool Floor::set(const std::string& key, std::size_t which) {
  address(writes_[which], key);
  for (const auto& messages : writes_[which].sends)
    if (!kernel_.send(messages)) return false;
  return writing_ == Writing::kAcknowledged ? kernel_.acknowledged() : kernel_.nothing_failed();
}

bool Floor::get(const std::string& key, std::string& value) {
  address(read_, key);
  if (!kernel_.send(read_.sends.front())) return false;
  Assembly assembly(value);
  const auto place = [&](std::string_view, const nlattr& element) { assembly.place(element); };
  const bool good = kernel_.receive_listing([&](const nlmsghdr& part) {
    if (reading_ == Reading::kDecoded) for_each_element(part, place);
  });
  assembly.end();
  return good;
}

bool destroy_all_sets() {
  auto kernel = Conversation::open(small_part_bytes());
  Requests requests;
  requests.destroy_all();
  requests.acknowledge_last();
  return kernel && kernel->send(requests.take().front()) && kernel->acknowledged();
}

}  // namespace ipsetkv::bench
