// SPDX-License-Identifier: MIT
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ipsetkv/store.h"
#include "store/forms.h"
#include "store/store_fixture.h"
#include "support/full_length.h"

namespace ipsetkv::tests {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

using LimitsTest = StoreTest;

TEST_F(LimitsTest, KeepTheOldValueIfTheNewOneIsTooLong) {
  Store store = open();
  expect_set(store, "drawer", "old");
  // The bytes are never read, so the mapping takes no memory.
  const struct {
    std::size_t size;
    Layout layout;
    std::size_t limit;
  } cases[] = {
      {kMaxIpv4Bytes + 1, Layout::kIpv4, 262'144},
      {kMaxIpv6Bytes + 1, Layout::kIpv6, 1'048'576},
      {kMaxCountersBytes + 1, Layout::kCounters, 1'048'576},
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

/// Bytes in which no eight are the same as the next eight.
std::string counted_bytes(std::size_t size) {
  std::string bytes(size, '\0');
  for (std::uint64_t number = 0; number < size / sizeof number; ++number) {
    const std::uint64_t scattered = number * 0x9E37'79B9'7F4A'7C15;
    std::memcpy(&bytes[number * sizeof number], &scattered, sizeof scattered);
  }
  return bytes;
}

TEST_F(LimitsTest, AreReachedInEveryLayout) {
  // The longest value in comments would take seconds, and 700 MB of the kernel's memory.
  constexpr std::size_t kLongComment = std::size_t{64} * 1024 * 1024;
  const std::string bytes = counted_bytes(full_length() ? kMaxValueBytes : kLongComment);
  Store store = open();
  for (const NamedLayout& layout : kEveryLayout) {
    SCOPED_TRACE(layout.name);
    const auto value = std::string_view(bytes).substr(0, layout.longest);
    const auto done = store.set("drawer", value, SetOptions{.layout = layout.layout});
    ASSERT_TRUE(done) << done.error().message();
    expect_value(store, "drawer", value);
    expect_layout(store, "drawer", layout.name);
  }
}

/// The longest value according to the error of `store`.
std::size_t reported_limit(Store& store, std::string_view key, const SetOptions& options) {
  const auto refused = store.set(key, std::string(kMaxCountersBytes + 1, 'x'), options);
  expect_error(refused, ErrorCode::kValueTooLong);
  return refused ? 0 : refused.error().limit;
}

// In the layout `counters`, elements for the key and the deadline reduce the room for the value.
TEST_F(LimitsTest, AreExactIfKeyAndDeadlineNeedRoom) {
  Store store = open();
  for (const std::string& key :
       {std::string(kBothKeys[0]), std::string(kBothKeys[1]), std::string(kMaxKeyBytes, 'k')})
    for (const auto& deadline :
         {std::optional<Deadline>(), std::optional(deadline_in(std::chrono::hours(1)))}) {
      SCOPED_TRACE(key.substr(0, 40) + (deadline ? ", with a deadline" : ""));
      const SetOptions options{.expire_at = deadline, .layout = Layout::kCounters};
      expect_set(store, key, "old");
      const std::size_t limit = reported_limit(store, key, options);
      EXPECT_GE(limit, kMaxCountersBytes - kMaxKeyBytes - 48);
      EXPECT_LE(limit, kMaxCountersBytes);
      expect_error(store.set(key, std::string(limit + 1, 'x'), options), ErrorCode::kValueTooLong);
      expect_value(store, key, "old");
      const std::string longest(limit, 'x');
      EXPECT_TRUE(store.set(key, longest, options));
      expect_value(store, key, longest);
      expect_layout(store, key, "counters");
    }
}

// Padding takes elements, too, so some lengths just below the greatest cannot be stored.
TEST_F(LimitsTest, InErrorsAdmitEveryShorterValue) {
  const std::string bytes = counted_bytes(kMaxCountersBytes);
  const SetOptions options{.layout = Layout::kCounters};
  Store store = open();
  for (std::size_t length = kMaxCountersBytes - 300; length <= kMaxCountersBytes; length += 30) {
    SCOPED_TRACE(length);
    const auto value = std::string_view(bytes).substr(0, length);
    const auto done = store.set("drawer", value, options);
    if (done) {
      expect_value(store, "drawer", value);
      continue;
    }
    expect_error(done, ErrorCode::kValueTooLong);
    EXPECT_EQ(done.error().actual, length);
    EXPECT_EQ(done.error().limit, 1'048'336U);
    EXPECT_GT(length, 1'048'336U);
  }
  EXPECT_TRUE(store.set("drawer", std::string_view(bytes).substr(0, 1'048'336), options));
}

TEST_F(LimitsTest, OfASetMadeByHandDoNotApplyToTheNextValue) {
  Store store = open();
  ipset("create drawer hash:ip,port maxelem 1");
  ipset("add drawer 110.111.116.101,tcp:0");
  for (const std::size_t size : {9U, 400U, 9U, 20'000U, 8U}) {
    expect_set(store, "drawer", std::string(size, 'x'));
    expect_value(store, "drawer", std::string(size, 'x'));
  }
}

/// The name of the only set whose name has this prefix.
std::string set_with_prefix(std::string_view prefix) {
  auto names = all_set_names();
  std::erase_if(names, [&](const std::string& name) { return !name.starts_with(prefix); });
  EXPECT_THAT(names, SizeIs(1));
  return names.empty() ? "none" : names.front();
}

// Running out of memory during a write cannot be provoked. Replacing the store's own set with one
// that is too small makes the write fail at the same step.
TEST_F(LimitsTest, KeepTheOldValueIfTheNewOneDoesNotFitIntoTheSpareSet) {
  const struct {
    std::size_t size;
    // The set in which such a value is assembled, and its options.
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
    const std::string own = place == "~" ? spare_sets().at(0) : set_with_prefix(place);
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

TEST_F(LimitsTest, KeepTheOldValueIfTheKernelAcceptsNoMoreSets) {
  Store early = open();
  expect_set(early, "drawer", "older");
  expect_set(early, "drawer", "old");
  // The tool stops at the set that the kernel refuses; the limit is then reached. list:set takes
  // the least memory.
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
  // A store that already has its spare set needs no further set.
  expect_set(early, "drawer", "new");
  expect_value(early, "drawer", "new");

  ipset("destroy 0");
  Store store = open();
  expect_set(store, "drawer", "newer");
  expect_value(early, "drawer", "newer");
}

}  // namespace
}  // namespace ipsetkv::tests
