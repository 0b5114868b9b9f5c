// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace ipsetkv::server {

/// How often a command was executed, and how long that took.
struct CommandStatistics {
  /// By the power of two of the microseconds that it took: up to 1, 2, 4, ...
  static constexpr std::size_t kSteps = 32;
  std::atomic<std::uint64_t> calls{0};
  std::atomic<std::uint64_t> nanoseconds{0};
  std::atomic<std::uint64_t> rejected{0};  ///< Not executed: too few words, no password.
  std::atomic<std::uint64_t> failed{0};
  std::array<std::atomic<std::uint64_t>, kSteps> took{};
};

/// The slowest and the latest of one kind of event.
struct LatencyEvent {
  std::int64_t when = 0;  ///< Seconds since the epoch.
  std::int64_t latest_ms = 0;
  std::int64_t longest_ms = 0;
};

/// The counters of INFO and LATENCY. Thread-safe.
class Statistics {
 public:
  explicit Statistics(std::size_t command_count) : commands_(command_count) {}

  [[nodiscard]] CommandStatistics& of(std::size_t command) { return commands_[command]; }
  /// Adds `calls` of a command that took `took` together.
  void count(std::size_t command, std::uint64_t calls, std::chrono::nanoseconds took);
  /// An error reply, by its code: "ERR", "WRONGTYPE".
  void count_error(std::string_view code);
  [[nodiscard]] std::map<std::string, std::uint64_t> errors() const;
  /// Adds an event that took longer than CONFIG's latency-monitor-threshold.
  void note_latency(const std::string& event, std::int64_t milliseconds);
  [[nodiscard]] std::map<std::string, LatencyEvent> latencies() const;
  /// Forgets one event, or all of them if that is empty; returns how many there were.
  std::size_t forget_latencies(const std::string& event);
  /// Commands a second, since the last call, but at least 100 ms.
  [[nodiscard]] std::uint64_t commands_per_second();
  void reset();

  std::atomic<std::uint64_t> connections{0};
  std::atomic<std::uint64_t> rejected_connections{0};
  std::atomic<std::uint64_t> commands{0};
  std::atomic<std::uint64_t> hits{0};
  std::atomic<std::uint64_t> misses{0};
  std::atomic<std::uint64_t> bytes_in{0};
  std::atomic<std::uint64_t> bytes_out{0};
  std::atomic<std::uint64_t> batches{0};  ///< Batches of several requests.
  std::atomic<std::uint64_t> batched_requests{0};
  std::atomic<std::uint64_t> kernel_errors{0};

 private:
  struct Sample {
    std::chrono::steady_clock::time_point when = std::chrono::steady_clock::now();
    std::uint64_t commands = 0;
  };
  std::vector<CommandStatistics> commands_;
  mutable std::mutex mutex_;
  std::map<std::string, std::uint64_t, std::less<>> errors_;
  std::map<std::string, LatencyEvent> latencies_;
  Sample last_;
  std::uint64_t rate_ = 0;
};

}  // namespace ipsetkv::server
