// SPDX-License-Identifier: MIT
#include "server/state/statistics.h"

#include <algorithm>
#include <bit>
#include <ctime>

namespace ipsetkv::server {

void Statistics::count(std::size_t command, std::uint64_t calls, std::chrono::nanoseconds took) {
  constexpr auto kRelaxed = std::memory_order_relaxed;
  const auto total = static_cast<std::uint64_t>(took.count());
  CommandStatistics& statistics = of(command);
  statistics.calls.fetch_add(calls, kRelaxed);
  statistics.nanoseconds.fetch_add(total, kRelaxed);
  const std::uint64_t microseconds = (total / calls + 999) / 1000;
  const auto step =
      static_cast<std::size_t>(microseconds <= 1 ? 0 : std::bit_width(microseconds - 1));
  statistics.took[std::min(step, CommandStatistics::kSteps - 1)].fetch_add(calls, kRelaxed);
  commands.fetch_add(calls, kRelaxed);
}

void Statistics::count_error(std::string_view code) {
  // Redis, too, limits the number of distinct codes.
  constexpr std::size_t kMostCodes = 128;
  const std::lock_guard lock(mutex_);
  const auto found = errors_.find(code);
  if (found != errors_.end())
    ++found->second;
  else if (errors_.size() < kMostCodes)
    errors_.emplace(code, 1);
}

std::map<std::string, std::uint64_t> Statistics::errors() const {
  const std::lock_guard lock(mutex_);
  return {errors_.begin(), errors_.end()};
}

void Statistics::note_latency(const std::string& event, std::int64_t milliseconds) {
  const std::lock_guard lock(mutex_);
  LatencyEvent& noted = latencies_[event];
  noted = {.when = std::time(nullptr),
           .latest_ms = milliseconds,
           .longest_ms = std::max(noted.longest_ms, milliseconds)};
}

std::map<std::string, LatencyEvent> Statistics::latencies() const {
  const std::lock_guard lock(mutex_);
  return latencies_;
}

std::size_t Statistics::forget_latencies(const std::string& event) {
  const std::lock_guard lock(mutex_);
  if (!event.empty()) return latencies_.erase(event);
  const std::size_t count = latencies_.size();
  latencies_.clear();
  return count;
}

std::uint64_t Statistics::commands_per_second() {
  const std::lock_guard lock(mutex_);
  const auto now = std::chrono::steady_clock::now();
  const auto passed = std::chrono::duration<double>(now - last_.when).count();
  constexpr double kShortest = 0.1;
  if (passed < kShortest) return rate_;
  const std::uint64_t done = commands;
  rate_ = static_cast<std::uint64_t>(static_cast<double>(done - std::min(done, last_.commands)) /
                                     passed);
  last_ = {.when = now, .commands = done};
  return rate_;
}

void Statistics::reset() {
  for (CommandStatistics& each : commands_) {
    each.calls = each.nanoseconds = each.rejected = each.failed = 0;
    for (auto& step : each.took) step = 0;
  }
  connections = rejected_connections = commands = hits = misses = bytes_in = bytes_out = 0;
  batches = batched_requests = kernel_errors = 0;
  const std::lock_guard lock(mutex_);
  errors_.clear();
  last_ = {};
  rate_ = 0;
}

}  // namespace ipsetkv::server
