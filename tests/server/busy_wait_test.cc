// SPDX-License-Identifier: MIT
#include "server/net/busy_wait.h"

#include <gtest/gtest.h>

#include <vector>

namespace ipsetkv::server {
namespace {

using namespace std::chrono_literals;
using Moment = BusyWait::Clock::time_point;

/// A request with none after it for a while: whether the worker polled first.
bool waits_in_vain(BusyWait& wait, Moment& now) {
  wait.begin(now);
  const bool awake = wait.goes_on(now);
  now += 1ms;
  EXPECT_FALSE(wait.goes_on(now));
  return awake;
}

/// How many requests in a row the worker sleeps for, up to the next poll.
int slept_for(BusyWait& wait, Moment& now) {
  int count = 0;
  while (count < 1000 && !waits_in_vain(wait, now)) ++count;
  return count;
}

TEST(BusyWaitTest, PollsForFiftyMicroseconds) {
  BusyWait wait(true);
  const Moment now;
  EXPECT_FALSE(wait.goes_on(now));
  wait.begin(now);
  EXPECT_TRUE(wait.goes_on(now));
  EXPECT_TRUE(wait.goes_on(now + 49us));
  EXPECT_FALSE(wait.goes_on(now + 50us));
  EXPECT_FALSE(wait.goes_on(now + 51us));
}

TEST(BusyWaitTest, EndsAndRestartsWithTheNextRequest) {
  BusyWait wait(true);
  Moment now;
  for (int request = 0; request < 1000; ++request) {
    wait.begin(now);
    now += 20us;
    ASSERT_TRUE(wait.goes_on(now));
    wait.end();
    ASSERT_FALSE(wait.goes_on(now));
  }
}

TEST(BusyWaitTest, IsRarerAfterEachPollInVain) {
  BusyWait wait(true);
  Moment now;
  EXPECT_TRUE(waits_in_vain(wait, now));
  std::vector<int> slept;
  for (int turn = 0; turn < 9; ++turn) slept.push_back(slept_for(wait, now));
  EXPECT_EQ(slept, (std::vector<int>{1, 3, 7, 15, 31, 63, 127, 127, 127}));
}

TEST(BusyWaitTest, IsRepeatedAfterSuccess) {
  BusyWait wait(true);
  Moment now;
  EXPECT_TRUE(waits_in_vain(wait, now));
  for (int turn = 0; turn < 4; ++turn) slept_for(wait, now);
  // The next poll.
  for (wait.begin(now); !wait.goes_on(now); wait.begin(now)) {
  }
  wait.end();
  EXPECT_TRUE(waits_in_vain(wait, now));
  EXPECT_EQ(slept_for(wait, now), 1);
}

TEST(BusyWaitTest, IsOffOnASingleProcessor) {
  BusyWait wait(false);
  const Moment now;
  wait.begin(now);
  EXPECT_FALSE(wait.goes_on(now));
}

}  // namespace
}  // namespace ipsetkv::server
