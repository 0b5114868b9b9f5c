// SPDX-License-Identifier: MIT
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>

#include <cstdint>
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
  // Never looked at, so that no memory is spent on them.
  const struct {
    std::size_t size;
    Layout layout;
    std::size_t limit;
  } cases[] = {
      {kMaxIpv4Bytes + 1, Layout::kIpv4, 262'144},
      {kMaxValueBytes + 1, Layout::kIpv4, 262'144},
      {kMaxValueBytes + 1, Layout::kComment, 536'870'912},
      {kMaxValueBytes + 1, Layout::kAuto, 536'870'912},
  };
  void* const nowhere = mmap(nullptr, kMaxValueBytes + 1, PROT_READ,
                             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  ASSERT_NE(nowhere, MAP_FAILED);
  for (const auto& [size, layout, limit] : cases) {
    const std::string_view value(static_cast<const char*>(nowhere), size);
    SCOPED_TRACE(size);
    for (const char* key : {"drawer", "another"}) {
      const auto refused = store.set(key, value, SetOptions{.layout = layout});
      expect_error(refused, ErrorCode::kValueTooLong);
      EXPECT_EQ(refused.error().category(), ErrorCategory::kUsage);
      EXPECT_EQ(refused.error().actual, size);
      EXPECT_EQ(refused.error().limit, limit);
    }
    expect_value(store, "drawer", "old");
  }
  munmap(nowhere, kMaxValueBytes + 1);
  expect_error(store.set_range("drawer", kMaxValueBytes, "x"), ErrorCode::kValueTooLong);
  expect_error(store.set_range("drawer", kMaxValueBytes - 1, "xx"), ErrorCode::kValueTooLong);
  expect_error(store.set_range("drawer", ~std::uint64_t{0}, "x"), ErrorCode::kValueTooLong);
  expect_value(store, "drawer", "old");
  EXPECT_THAT(set_names(), ElementsAre("drawer"));
}

TEST_F(LimitsTest, OfASetMadeByHandDoNotHoldForTheNextValue) {
  Store store = open();
  ipset("create drawer hash:ip,port maxelem 1");
  ipset("add drawer 110.111.116.101,tcp:0");
  for (const std::size_t size : {9U, 400U, 9U, 20'000U, 8U}) {
    expect_set(store, "drawer", std::string(size, 'x'));
    expect_value(store, "drawer", std::string(size, 'x'));
  }
}

/// The one set whose name begins so.
std::string the_set_called(std::string_view beginning) {
  auto names = all_set_names();
  std::erase_if(names, [&](const std::string& name) { return !name.starts_with(beginning); });
  EXPECT_THAT(names, SizeIs(1));
  return names.empty() ? "none" : names.front();
}

// What the kernel does when memory runs out in the middle cannot be had on demand. A set that
// somebody has put in the place of the store's own, with too little room, fails at the same step.
TEST_F(LimitsTest, KeepTheOldValueWhenTheNewOneDoesNotFitIntoTheStoresOwnSet) {
  const struct {
    std::size_t size;
    // Where such a value is put together, and with which options.
    std::string place;
    std::string options;
  } cases[] = {
      {9, "~lock-", ""},
      {256, "~lock-", ""},
      {257, "~", " comment"},
      {400, "~", " comment"},
      {40'000, "~", " comment hashsize 256"},
  };
  for (const auto& [size, place, options] : cases) {
    SCOPED_TRACE(size);
    Store store = open();
    const std::string old(size, 'o');
    expect_set(store, "drawer", old);
    expect_set(store, "drawer", old);
    const std::string own = place == "~" ? spare_sets().at(0) : the_set_called(place);
    ipset("destroy " + own);
    ipset("create " + own + " hash:ip,port maxelem 1" + options);

    const auto refused = store.set("drawer", std::string(size, 'n'));
    expect_error(refused, ErrorCode::kSetFull);
    if (refused) continue;
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
