// SPDX-License-Identifier: MIT
#include "table_floor.h"

#include <algorithm>
#include <cstring>
#include <string_view>
#include <utility>

#include "attributes.h"
#include "comments.h"
#include "table_peer.h"

namespace ipsetkv::bench {
namespace {

constexpr std::string_view kBetween = "\\=";

/// The bytes of an element's address, its first attribute from the kernel.
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

TableFloor::TableFloor(Conversation kernel, const Task& task)
    : kernel_(std::move(kernel)), task_(task) {}

std::unique_ptr<Peer> TableFloor::open(const Task& task) {
  if (!TablePeer::open(task)) return nullptr;
  auto kernel = Conversation::open(small_part_bytes());
  if (!kernel) return nullptr;
  std::unique_ptr<TableFloor> floor(new TableFloor(*std::move(kernel), task));
  if (!floor->find_keys()) return nullptr;
  floor->prepare();
  return floor;
}

void TableFloor::learn(const nlmsghdr& part) {
  for_each_element(part, [&](std::string_view set, const nlattr& element) {
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
  // On a socket of its own: after a listing with large parts, the kernel keeps sending large ones.
  auto kernel = Conversation::open(kLargestPartBytes);
  Requests requests;
  requests.list({});
  return kernel && kernel->send(requests.take().front()) &&
         kernel->receive_listing([&](const nlmsghdr& part) { learn(part); }) &&
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
  return kernel_.send(addition.message) && kernel_.nothing_failed();
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
  return kernel_.send(listings_[place.bucket]) &&
         kernel_.receive_listing([&](const nlmsghdr& part) { for_each_element(part, take); });
}

}  // namespace ipsetkv::bench
