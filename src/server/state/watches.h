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

/// The keys that clients of this server watch, each with a count of the changes by its own clients.
/// Changes by other processes show only in the state of the key, because the kernel reports none.
/// Thread-safe.
class Watches {
 public:
  /// Starts to watch `key`; returns the number of changes so far.
  std::uint64_t add(std::string_view key);
  void remove(std::string_view key);
  [[nodiscard]] std::uint64_t version(std::string_view key) const;

  /// Counts a change of `key`. Costs next to nothing while no key is watched.
  void touch(std::string_view key) {
    if (watched_.load(std::memory_order_acquire) != 0) count_change(key);
  }
  /// All watched keys.
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
