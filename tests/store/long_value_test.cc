// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iostream>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "ipsetkv/store.h"
#include "store/store_fixture.h"
#include "support/full_length.h"
#include "support/process.h"

namespace ipsetkv::tests {
namespace {

using std::chrono::steady_clock;

using LongValueTest = StoreTest;

constexpr std::size_t kBytes = std::size_t{4} * 1024 * 1024;
constexpr int kReaders = 4;

struct Scores {
  std::atomic<int> ready{0};
  std::atomic<bool> stop{false};
  std::atomic<std::int64_t> readings{0};
  std::atomic<std::int64_t> torn{0};
  std::atomic<std::int64_t> missing{0};
};

/// Whether all bytes are the same.
bool is_whole(std::string_view value) {
  return value.size() == kBytes && value.find_first_not_of(value.front()) == std::string_view::npos;
}

int read_until_stopped(Scores& scores) {
  auto store = Store::open();
  if (!store) return 1;
  std::string value;
  for (bool first = true; !scores.stop; first = false) {
    const auto found = store->get("drawer", value);
    if (!found) return 2;
    if (!*found)
      ++scores.missing;
    else if (!is_whole(value))
      ++scores.torn;
    ++scores.readings;
    if (first) ++scores.ready;
  }
  return 0;
}

TEST_F(LongValueTest, IsReplacedWithinASecondWhileFourReadersLoopOverIt) {
  Store store = open();
  expect_set(store, "drawer", std::string(kBytes, 'a'));
  const Shared<Scores> scores;
  std::vector<pid_t> readers;
  for (int count = 0; count < kReaders; ++count)
    readers.push_back(start_process([&] { return read_until_stopped(*scores); }));
  const auto deadline = steady_clock::now() + std::chrono::seconds(60);
  while (scores->ready < kReaders && steady_clock::now() < deadline) std::this_thread::yield();
  ASSERT_EQ(scores->ready, kReaders) << "the readers did not start";

  const int writes = full_length() ? 200 : 20;
  auto longest = steady_clock::duration::zero();
  for (int number = 1; number <= writes && !HasFailure(); ++number) {
    const std::string value(kBytes, static_cast<char>('a' + number % 26));
    const auto start = steady_clock::now();
    const auto done = store.set("drawer", value);
    longest = std::max(longest, steady_clock::now() - start);
    EXPECT_TRUE(done) << done.error().message();
    EXPECT_LT(longest, std::chrono::seconds(1)) << "write " << number;
  }
  scores->stop = true;
  for (const pid_t reader : readers) EXPECT_EQ(wait_for(reader), 0);
  EXPECT_EQ(scores->torn, 0);
  EXPECT_EQ(scores->missing, 0);
  std::cout << writes << " writes, " << scores->readings << " readings, the longest write took "
            << std::chrono::duration_cast<std::chrono::milliseconds>(longest).count() << " ms"
            << std::endl;
}

}  // namespace
}  // namespace ipsetkv::tests
