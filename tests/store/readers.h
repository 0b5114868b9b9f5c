// SPDX-License-Identifier: MIT
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "ipsetkv/store.h"
#include "support/process.h"

namespace ipsetkv::tests {

// A timeout that never expires in a passing test, even on a busy machine.
inline constexpr std::chrono::milliseconds kPatient{60'000};

/// Values whose bytes determine their length, so that a whole value can be distinguished from a
/// part of one or a mixture of two.
class TellingValues {
 public:
  explicit TellingValues(std::vector<std::size_t> lengths) {
    for (std::size_t number = 0; number < lengths.size(); ++number)
      values_.emplace_back(lengths[number], static_cast<char>('a' + number));
  }

  [[nodiscard]] const std::string& value(std::size_t number) const {
    return values_[number % values_.size()];
  }
  [[nodiscard]] std::size_t count() const { return values_.size(); }
  [[nodiscard]] bool are_whole(std::string_view value) const {
    return std::find(values_.begin(), values_.end(), value) != values_.end();
  }

 private:
  std::vector<std::string> values_;
};

struct Scoreboard {
  std::atomic<int> ready{0};
  std::atomic<bool> stop{false};
  std::atomic<long> readings{0};
  std::atomic<long> torn{0};
  std::atomic<long> missing{0};
  std::atomic<long> failed{0};
};

/// Reads `key` with a Store of its own until `stop` is set. Returns an exit status.
inline int read_until_told(std::string_view key, const TellingValues& values, Scoreboard& scores) {
  auto store = Store::open({.timeout = kPatient});
  if (!store) return 1;
  std::string value;
  bool announced = false;
  while (!scores.stop) {
    const auto found = store->get(key, value);
    if (!found)
      ++scores.failed;
    else if (!*found)
      ++scores.missing;
    else if (!values.are_whole(value))
      ++scores.torn;
    ++scores.readings;
    if (!announced) ++scores.ready;
    announced = true;
  }
  return 0;
}

/// Starts reader processes and reader threads, calls `write` once all of them are reading, and
/// expects that every read returned a whole value.
inline void watch(std::string_view key, const TellingValues& values, int processes, int threads,
                  const std::function<void()>& write) {
  Shared<Scoreboard> scores;
  std::vector<pid_t> children;
  for (int count = 0; count < processes; ++count)
    children.push_back(start_process([&] { return read_until_told(key, values, *scores); }));
  std::vector<std::thread> readers;
  for (int count = 0; count < threads; ++count)
    readers.emplace_back([&] { EXPECT_EQ(read_until_told(key, values, *scores), 0); });
  const auto deadline = std::chrono::steady_clock::now() + kPatient;
  while (scores->ready < processes + threads && std::chrono::steady_clock::now() < deadline)
    std::this_thread::yield();
  EXPECT_EQ(scores->ready, processes + threads) << "the readers did not start";

  write();

  scores->stop = true;
  for (std::thread& reader : readers) reader.join();
  for (const pid_t child : children) EXPECT_EQ(wait_for(child), 0);
  EXPECT_EQ(scores->torn, 0);
  EXPECT_EQ(scores->missing, 0);
  EXPECT_EQ(scores->failed, 0);
  EXPECT_GT(scores->readings, 0);
}

}  // namespace ipsetkv::tests
