// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <vector>

#include "server/protocol/words.h"
#include "server/state/client.h"

namespace ipsetkv::server {

/// A command that took long.
struct SlowCommand {
  std::uint64_t id = 0;
  std::int64_t when = 0;          ///< Seconds since the epoch.
  std::int64_t microseconds = 0;  ///< How long it took.
  std::vector<std::string> words;
  std::string address;
  std::string name;
};

/// The last commands that took longer than CONFIG's slowlog-log-slower-than.
/// Thread-safe.
class SlowLog {
 public:
  /// Keeps the last `most`. Long requests are shortened as in Redis: 32 words of 128 bytes.
  void add(const Client& client, Words words, std::chrono::microseconds took, std::size_t most);
  /// The latest first.
  [[nodiscard]] std::vector<SlowCommand> latest(std::size_t count) const;
  [[nodiscard]] std::size_t size() const;
  void clear();

 private:
  mutable std::mutex mutex_;
  std::deque<SlowCommand> commands_;
  std::uint64_t next_id_ = 0;
};

}  // namespace ipsetkv::server
