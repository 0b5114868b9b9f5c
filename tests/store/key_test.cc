// SPDX-License-Identifier: MIT
#include "store/key.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace ipsetkv::store {
namespace {

TEST(Key, NamesItsSetItself) {
  for (const std::string_view key : {"a", "drawer", "a~b", "-k", "#", "two:parts/and.more"}) {
    SCOPED_TRACE(key);
    const auto name = set_name_of(key);
    ASSERT_TRUE(name) << name.error().message();
    EXPECT_EQ(name->view(), key);
    EXPECT_TRUE(can_be_key(key));
  }
}

TEST(Key, MayBeThirtyOneBytesLong) {
  EXPECT_TRUE(set_name_of(std::string(31, 'k')));
  const auto longer = set_name_of(std::string(32, 'k'));
  ASSERT_FALSE(longer);
  EXPECT_EQ(longer.error().code, ErrorCode::kKeyTooLong);
  EXPECT_EQ(longer.error().actual, 32U);
  EXPECT_EQ(longer.error().limit, 31U);
}

TEST(Key, MayHaveEveryByteThatTheStockToolCanRestore) {
  for (int code = 0; code < 256; ++code) {
    SCOPED_TRACE(code);
    const std::string key = std::string("k") + static_cast<char>(code);
    const bool allowed = code > ' ' && code < 0x7f && code != '"';
    EXPECT_EQ(can_be_key(key), allowed);
    const auto name = set_name_of(key);
    ASSERT_EQ(name.has_value(), allowed);
    if (allowed) continue;
    EXPECT_EQ(name.error().code, ErrorCode::kKeyNotPrintable);
  }
}

TEST(Key, IsNeitherEmptyNorReserved) {
  ASSERT_FALSE(set_name_of(""));
  EXPECT_EQ(set_name_of("").error().code, ErrorCode::kKeyEmpty);
  for (const std::string_view reserved : {"~", "~1", "~name"}) {
    SCOPED_TRACE(reserved);
    ASSERT_FALSE(set_name_of(reserved));
    EXPECT_EQ(set_name_of(reserved).error().code, ErrorCode::kKeyReserved);
    EXPECT_FALSE(can_be_key(reserved));
  }
}

TEST(Key, LeavesTheStoresOwnSetsOut) {
  for (const std::uint32_t port_id : {1U, 4'294'967'295U}) {
    const auto name = spare_name(port_id);
    EXPECT_EQ(name.view(), "~" + std::to_string(port_id));
    EXPECT_FALSE(can_be_key(name.view()));
  }
}

}  // namespace
}  // namespace ipsetkv::store
