// SPDX-License-Identifier: MIT
#include "server/commands/longest_common.h"

#include <gtest/gtest.h>

#include <string>

namespace ipsetkv::server {
namespace {

TEST(LongestCommonTest, FindsTextAndRuns) {
  const auto common = longest_common("ohmytext", "mynewtext").value();
  EXPECT_EQ(common.text, "mytext");
  ASSERT_EQ(common.runs.size(), 2U);
  EXPECT_EQ(common.runs[0].in_first, 4U);
  EXPECT_EQ(common.runs[0].in_second, 5U);
  EXPECT_EQ(common.runs[0].length, 4U);
  EXPECT_EQ(common.runs[1].in_first, 2U);
  EXPECT_EQ(common.runs[1].in_second, 0U);
  EXPECT_EQ(common.runs[1].length, 2U);
}

TEST(LongestCommonTest, FindsNothingInNothing) {
  EXPECT_EQ(longest_common("", "abc").value().text, "");
  EXPECT_EQ(longest_common("abc", "xyz").value().text, "");
}

TEST(LongestCommonTest, RejectsTextsThatNeedTooMuchMemory) {
  const std::string text(20'000, 'a');
  EXPECT_FALSE(longest_common(text, text));
}

}  // namespace
}  // namespace ipsetkv::server
