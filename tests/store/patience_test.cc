// SPDX-License-Identifier: MIT
#include "store/patience.h"

#include <gtest/gtest.h>

namespace ipsetkv::store {
namespace {

using namespace std::chrono_literals;

TEST(Patience, EndsAtOnceWhereThereIsNone) {
  Patience patience(0ms);
  EXPECT_FALSE(patience.wait());
}

TEST(Patience, LastsWithTheLongestLimit) {
  Patience patience(std::chrono::milliseconds::max());
  for (int wait = 0; wait < 20; ++wait) ASSERT_TRUE(patience.wait());
}

}  // namespace
}  // namespace ipsetkv::store
