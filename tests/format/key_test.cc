// SPDX-License-Identifier: MIT
#include "format/key.h"
#include "format/own_names.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <string_view>

#include "ipsetkv/store.h"

namespace ipsetkv::format {
namespace {

/// Where a key lies whose set's name is only its digest.
void expect_inside(std::string_view key) {
  const auto place = place_of(key);
  ASSERT_TRUE(place) << place.error().message();
  EXPECT_EQ(place->key_inside, key);
  EXPECT_TRUE(is_digest(place->name.view())) << place->name.view();
  EXPECT_TRUE(can_be_key(place->name.view())) << place->name.view();
}

TEST(Key, IsTheNameOfItsSetIfPossible) {
  for (const std::string_view key :
       {"a", "drawer", "a~b", "a-k", "#", "\\", "{", "two:parts/and.more"}) {
    SCOPED_TRACE(key);
    const auto place = place_of(key);
    ASSERT_TRUE(place) << place.error().message();
    EXPECT_EQ(place->name.view(), key);
    EXPECT_EQ(place->key_inside, "");
    EXPECT_TRUE(can_be_key(key));
    EXPECT_FALSE(is_digest(key));
  }
}

TEST(Key, IsTheNameOfItsSetUpToThirtyOneBytes) {
  const std::string longest(31, 'k');
  EXPECT_EQ(place_of(longest)->name.view(), longest);
  expect_inside(longest + 'k');
}

TEST(Key, IsTheNameOfItsSetWithEveryByteThatTheStockToolRestores) {
  for (int code = 0; code < 256; ++code) {
    SCOPED_TRACE(code);
    const std::string key = std::string("k") + static_cast<char>(code);
    const bool restorable = code > ' ' && code < 0x7f && code != '"';
    EXPECT_EQ(can_be_key(key), restorable);
    if (restorable)
      EXPECT_EQ(place_of(key)->name.view(), key);
    else
      expect_inside(key);
  }
}

TEST(Key, IsStoredUnderADigestIfItBeginsWithATilde) {
  for (const std::string_view key : {"~", "~1", "~name", "~lock-1"}) expect_inside(key);
  expect_inside(place_of("two words")->name.view());
}

TEST(Key, IsStoredUnderADigestIfItBeginsWithAMinus) {
  for (const std::string_view key : {"-", "--", "-k", "-exist", "-!", "-f", "--sorted"}) {
    SCOPED_TRACE(key);
    expect_inside(key);
    EXPECT_FALSE(can_be_key(key));
  }
}

TEST(Key, HasTheDigestThatTheDocumentSays) {
  // BLAKE2b of 16 bytes, checked with another implementation.
  EXPECT_EQ(place_of("two words")->name.view(), "~key-bj2nt6g4iqfpnpldxoxqyf6mlu");
  EXPECT_EQ(place_of(std::string(1, '\0'))->name.view(), "~key-oas6a5ov4l3m3y6maundd4dwma");
}

TEST(Key, HasOneToSixtyFourKibibytes) {
  const auto empty = place_of("");
  ASSERT_FALSE(empty);
  EXPECT_EQ(empty.error().code, ErrorCode::kKeyEmpty);
  const std::string longest(kMaxKeyBytes, 'k');
  expect_inside(longest);
  const std::string longer = longest + 'k';
  const auto refused = place_of(longer);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kKeyTooLong);
  EXPECT_EQ(refused.error().actual, 65'537U);
  EXPECT_EQ(refused.error().limit, 65'536U);
}

TEST(Key, UsesEveryStripe) {
  std::set<std::uint32_t> stripes;
  for (int number = 0; number < 1'000; ++number) {
    const std::string key = "key" + std::to_string(number);
    stripes.insert(place_of(key)->stripe);
    EXPECT_EQ(place_of(key)->stripe, place_of(std::string(key))->stripe);
  }
  EXPECT_EQ(stripes.size(), kStripes);
  EXPECT_LT(*stripes.rbegin(), kStripes);
}

TEST(Key, IsNeverTheNameOfTheStoresOwnSets) {
  for (const std::uint32_t port_id : {1U, 4'294'967'295U}) {
    const auto name = spare_name(port_id);
    EXPECT_EQ(name.view(), "~" + std::to_string(port_id));
    EXPECT_FALSE(can_be_key(name.view()));
    EXPECT_FALSE(can_be_key(held_name(port_id, 15).view()));
  }
  for (std::uint32_t stripe = 0; stripe < kStripes; ++stripe) {
    EXPECT_FALSE(can_be_key(lock_name(stripe).view()));
    EXPECT_FALSE(can_be_key(wait_marker_name(stripe).view()));
  }
}

TEST(Key, FindsTheOwnerInTheNameOfASet) {
  EXPECT_EQ(owner_of(spare_name(4'294'967'295).view())->port, 4'294'967'295U);
  EXPECT_FALSE(owner_of(spare_name(7).view())->stripe);
  EXPECT_EQ(owner_of(held_name(7, 15).view())->port, 7U);
  EXPECT_EQ(owner_of(held_name(7, 15).view())->stripe, 15U);
  for (const std::string_view name : {"", "~", "~-1", "~1-", "~1-2-3", "~lock-1", "~wait-1", "1-2",
                                      "~1x", "~4294967296", "~1-x", "~key-1"})
    EXPECT_FALSE(owner_of(name)) << name;
}

}  // namespace
}  // namespace ipsetkv::format
