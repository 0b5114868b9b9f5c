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
  Patience ample(1s);
  ASSERT_TRUE(held.acquire(kStripe, ample));

  StripeLock wanted(*others);
  Patience patience(20ms);
  ASSERT_TRUE(wanted.wait(kStripe, patience));
  std::this_thread::sleep_for(25ms);
  const auto waited = wanted.wait(kStripe, patience);
  ASSERT_FALSE(waited);
  EXPECT_EQ(waited.error().code, ErrorCode::kLocked);
}

}  // namespace
}  // namespace ipsetkv::store
