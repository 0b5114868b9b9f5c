// SPDX-License-Identifier: MIT
#include "store/drawers/stripe_lock.h"

#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "support/private_namespace.h"

namespace ipsetkv::store {
namespace {

using namespace std::chrono_literals;
using StripeLockTest = tests::KernelTest;

constexpr std::uint32_t kStripe = 3;

TEST_F(StripeLockTest, IsWaitedForNoLongerByWhoIsKeptFromRunning) {
  auto holders = ipset::Connection::open(1s);
  auto others = ipset::Connection::open(1s);
  ASSERT_TRUE(holders && others);
  StripeLock held(*holders);
  Backoff ample(Environment::real(), 1s);
  const auto hold = held.acquire(kStripe, ample);
  ASSERT_TRUE(hold);

  StripeLock wanted(*others);
  Backoff backoff(Environment::real(), 20ms);
  ASSERT_TRUE(wanted.wait(kStripe, backoff));
  std::this_thread::sleep_for(25ms);
  const auto waited = wanted.wait(kStripe, backoff);
  ASSERT_FALSE(waited);
  EXPECT_EQ(waited.error().code, ErrorCode::kLocked);
}

}  // namespace
}  // namespace ipsetkv::store
