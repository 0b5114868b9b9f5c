// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <utility>
#include <vector>

#include "server/state/channels.h"

namespace ipsetkv::server {

/// A client that only listens and leaves more than this unread is closed (Redis' limit for
/// pub/sub).
inline constexpr std::size_t kPubSubOutputLimit = std::size_t{32} * 1024 * 1024;

/// What other threads have sent to the clients of a worker. Thread-safe.
class Inbox {
 public:
  struct Delivery {
    std::uint64_t client;
    std::shared_ptr<const Message> message;
  };
  struct Contents {
    std::vector<Delivery> deliveries;
    /// Clients that had more to come than kPubSubOutputLimit.
    std::vector<std::uint64_t> overrun;
    bool is_stopping = false;
  };

  void add(std::uint64_t client, std::shared_ptr<const Message> message) {
    const std::lock_guard lock(mutex_);
    std::size_t& bytes = bytes_[client];
    if (bytes <= kPubSubOutputLimit) bytes += sizeof(Delivery) + message->text.size();
    if (bytes <= kPubSubOutputLimit)
      deliveries_.push_back({.client = client, .message = std::move(message)});
  }
  void stop() {
    const std::lock_guard lock(mutex_);
    is_stopping_ = true;
  }

  /// Takes everything out.
  [[nodiscard]] Contents take() {
    Contents contents;
    const std::lock_guard lock(mutex_);
    contents.deliveries.swap(deliveries_);
    contents.is_stopping = is_stopping_;
    for (const auto& [client, bytes] : bytes_)
      if (bytes > kPubSubOutputLimit) contents.overrun.push_back(client);
    bytes_.clear();
    return contents;
  }

 private:
  std::mutex mutex_;
  std::vector<Delivery> deliveries_;
  std::unordered_map<std::uint64_t, std::size_t> bytes_;  ///< Of each client's messages.
  bool is_stopping_ = false;
};

}  // namespace ipsetkv::server
