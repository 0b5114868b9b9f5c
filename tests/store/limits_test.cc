// SPDX-License-Identifier: MIT
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "ipsetkv/store.h"
#include "store/store_fixture.h"

namespace ipsetkv::tests {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

using LimitsTest = StoreTest;

TEST_F(LimitsTest, KeepTheOldValueWhenTheNewOneIsTooLong) {
  Store store = open();
  expect_set(store, "drawer", "old");
  for (const std::size_t size : {kMaxValueBytes + 1, 10 * kMaxValueBytes}) {
    const auto refused = store.set("drawer", std::string(size, 'x'));
    expect_error(refused, ErrorCode::kValueTooLong);
    EXPECT_EQ(refused.error().category(), ErrorCategory::kUsage);
    EXPECT_EQ(refused.error().actual, size);
    EXPECT_EQ(refused.error().limit, 262'144U);
    expect_value(store, "drawer", "old");
    expect_error(store.set("another", std::string(size, 'x')), ErrorCode::kValueTooLong);
  }
  EXPECT_THAT(set_names(), ElementsAre("drawer"));
}

TEST_F(LimitsTest, OfASetMadeByHandDoNotHoldForTheNextValue) {
  Store store = open();
  ipset("create drawer hash:ip,port hashsize 64 maxelem 1");
  ipset("add drawer 110.111.116.101,tcp:0");
  for (const std::size_t size : {9U, 17U, 400U, 9U, 20'000U, 8U}) {
    expect_set(store, "drawer", std::string(size, 'x'));
    expect_value(store, "drawer", std::string(size, 'x'));
  }
}

// What the kernel does when memory runs out in the middle cannot be had on demand. A spare set that
// somebody has put in the place of the store's own, with too little room, fails at the same step.
TEST_F(LimitsTest, KeepTheOldValueWhenTheNewOneDoesNotFitIntoTheSpareSet) {
  for (const std::size_t size : {9U, 400U, 40'000U}) {
    SCOPED_TRACE(size);
    Store store = open();
    // A table as large as the value needs, so that this very set is used.
    const std::string old(size, 'o');
    expect_set(store, "drawer", old);
    expect_set(store, "drawer", old);
    const auto spares = spare_sets();
    ASSERT_THAT(spares, SizeIs(1));
    ipset("destroy " + spares.front());
    ipset("create " + spares.front() + " hash:ip,port maxelem 1");

    const auto refused = store.set("drawer", std::string(size, 'n'));
    expect_error(refused, ErrorCode::kSetFull);
    EXPECT_EQ(std::string_view(refused.error().subject.data()), "drawer");
    expect_value(store, "drawer", old);
    expect_set(store, "drawer", "new");
    expect_value(store, "drawer", "new");
  }
  EXPECT_THAT(spare_sets(), IsEmpty());
}

TEST_F(LimitsTest, OfTheKernelsSetsKeepTheOldValues) {
  Store early = open();
  expect_set(early, "drawer", "older");
  expect_set(early, "drawer", "old");
  // The tool stops at the set that the kernel refuses, and then all are taken. The lightest type.
  std::string commands;
  for (int number = 0; number < 65'536; ++number)
    commands += "create " + std::to_string(number) + " list:set size 1\n";
  ASSERT_NE(run({"ipset", "restore"}, commands).status, 0);
  const auto names = set_names();
  ASSERT_GT(names.size(), 65'000U);

  {
    Store store = open();
    for (const std::string& value : {std::string("new"), std::string(), std::string(20'000, 'x')}) {
      const auto refused = store.set("drawer", value);
      expect_error(refused, ErrorCode::kTooManySets);
      EXPECT_EQ(refused.error().category(), ErrorCategory::kKernel);
      expect_value(store, "drawer", "old");
      expect_error(store.set("another", value), ErrorCode::kTooManySets);
      expect_missing(store, "another");
    }
  }
  EXPECT_EQ(set_names(), names);
  // A store that has its spare set already needs no other.
  expect_set(early, "drawer", "new");
  expect_value(early, "drawer", "new");

  ipset("destroy 0");
  Store store = open();
  expect_set(store, "drawer", "newer");
  expect_value(early, "drawer", "newer");
}

}  // namespace
}  // namespace ipsetkv::tests
