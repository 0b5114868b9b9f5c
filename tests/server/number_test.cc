// SPDX-License-Identifier: MIT
#include "server/protocol/number.h"

#include <gtest/gtest.h>

#include <limits>

namespace ipsetkv::server {
namespace {

TEST(NumberTest, ParsesIntegersInRedisSyntax) {
  EXPECT_EQ(integer_in("0"), 0);
  EXPECT_EQ(integer_in("-7"), -7);
  EXPECT_EQ(integer_in("9223372036854775807"), std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(integer_in("-9223372036854775808"), std::numeric_limits<std::int64_t>::min());
  for (const char* const text :
       {"", " 1", "1 ", "+1", "01", "-0", "-01", "1.0", "0x1", "x", "9223372036854775808", "-"})
    EXPECT_EQ(integer_in(text), std::nullopt) << text;
}

TEST(NumberTest, ParsesMemorySizes) {
  EXPECT_EQ(memory_in("0"), 0);
  EXPECT_EQ(memory_in("12b"), 12);
  EXPECT_EQ(memory_in("1k"), 1000);
  EXPECT_EQ(memory_in("1KB"), 1024);
  EXPECT_EQ(memory_in("2m"), 2'000'000);
  EXPECT_EQ(memory_in("2mB"), 2'097'152);
  EXPECT_EQ(memory_in("1g"), 1'000'000'000);
  EXPECT_EQ(memory_in("1gb"), 1'073'741'824);
  for (const char* const text : {"", "mb", "-1", "-0", "1.5mb", "10x", "10 mb", "5%", "10mbb",
                                 "9223372036854775808", "9223372036854775807kb"})
    EXPECT_EQ(memory_in(text), std::nullopt) << text;
}

TEST(NumberTest, ParsesAndFormatsFractions) {
  EXPECT_EQ(float_text(float_in("10.50").value()), "10.5");
  EXPECT_EQ(float_text(float_in("5.0e3").value()), "5000");
  EXPECT_EQ(float_text(float_in("0.1").value() + float_in("0.2").value()), "0.3");
  EXPECT_EQ(float_text(float_in("-0").value()), "0");
  EXPECT_EQ(float_text(float_in("1e20").value()), "100000000000000000000");
  for (const char* const text : {"", " 1", "1 ", "nan", "x", "1e99999"})
    EXPECT_EQ(float_in(text), std::nullopt) << text;
  EXPECT_TRUE(float_in("inf").has_value());
}

}  // namespace
}  // namespace ipsetkv::server
