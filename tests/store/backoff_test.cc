// SPDX-License-Identifier: MIT
#include "store/backoff.h"

#include <gtest/gtest.h>

namespace ipsetkv::store {
namespace {

using namespace std::chrono_literals;

TEST(BackoffTest, DoesNotWaitWithALimitOfZero) {
  Backoff backoff(Environment::real(), 0ms);
  EXPECT_FALSE(backoff.wait());
}

TEST(BackoffTest, WaitsWithTheLongestLimit) {
  Backoff backoff(Environment::real(), std::chrono::milliseconds::max());
  for (int wait = 0; wait < 20; ++wait) ASSERT_TRUE(backoff.wait());
}

}  // namespace
}  // namespace ipsetkv::store
