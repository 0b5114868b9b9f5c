// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

namespace ipsetkv::server {

/// A client, and the worker that it belongs to.
struct Subscriber {
  unsigned worker;
  std::uint64_t client;
  friend bool operator<(const Subscriber& left, const Subscriber& right) {
    return std::tie(left.worker, left.client) < std::tie(right.worker, right.client);
  }
};

/// A message to clients that is not a reply to a request.
struct Message {
  std::string text;      ///< In RESP2.
  bool is_push = false;  ///< RESP3 has another first byte.

  void append_to(std::string& out, int protocol) const {
    const std::size_t start = out.size();
    out += text;
    if (is_push && protocol == 3) out[start] = '>';
  }
};

/// The subscriptions of all clients of this server. Thread-safe.
class Channels {
 public:
  void subscribe(std::string_view channel, Subscriber who) { add(channels_, channel, who); }
  void unsubscribe(std::string_view channel, Subscriber who) { remove(channels_, channel, who); }
  void subscribe_pattern(std::string_view pattern, Subscriber who) { add(patterns_, pattern, who); }
  void unsubscribe_pattern(std::string_view pattern, Subscriber who) {
    remove(patterns_, pattern, who);
  }

  /// Visits each subscription that gets messages of `channel`, with its pattern if it has one.
  /// Returns their number.
  std::size_t for_each_listener(
      std::string_view channel,
      const std::function<void(Subscriber who, const std::string* pattern)>& visit) const;

  /// The channels with subscribers that match `pattern`; all if that is empty.
  [[nodiscard]] std::vector<std::string> channels(std::string_view pattern) const;
  [[nodiscard]] std::size_t listeners(std::string_view channel) const;
  [[nodiscard]] std::size_t pattern_count() const;
  [[nodiscard]] std::size_t channel_count() const;

 private:
  using Listeners = std::map<std::string, std::set<Subscriber>, std::less<>>;
  void add(Listeners& listeners, std::string_view name, Subscriber who);
  void remove(Listeners& listeners, std::string_view name, Subscriber who);

  mutable std::mutex mutex_;
  Listeners channels_;
  Listeners patterns_;
};

}  // namespace ipsetkv::server
