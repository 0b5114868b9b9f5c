// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "server/data/key_state.h"

namespace ipsetkv::server {

/// A key that WATCH named.
struct Watch {
  std::string key;
  std::uint64_t version = 0;
  KeyState state;
};

/// The keys that clients of this server watch, and how often its own clients have changed each.
/// What other processes do is seen by the state of the key alone: the kernel tells nobody of a
/// change. May be used by all threads.
class Watches {
 public:
  /// Begins to watch; returns the number of changes up to now.
  std::uint64_t add(std::string_view key);
  void remove(std::string_view key);
  [[nodiscard]] std::uint64_t version(std::string_view key) const;

  /// A client has changed `key`. Costs next to nothing while nobody watches any.
  void touch(std::string_view key) {
    if (watched_.load(std::memory_order_acquire) != 0) count_change(key);
  }
  /// Those that somebody watches.
  [[nodiscard]] std::vector<std::string> keys() const;

 private:
  struct Watched {
    std::size_t watchers = 0;
    std::uint64_t version = 0;
  };
  void count_change(std::string_view key);

  mutable std::mutex mutex_;
  std::map<std::string, Watched, std::less<>> keys_;
  std::atomic<std::size_t> watched_{0};
  std::uint64_t changes_ = 0;
};

}  // namespace ipsetkv::server
