// SPDX-License-Identifier: MIT

// The number of a table's buckets follows the number of its keys, while others go on.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <map>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "format/bucket_form.h"
#include "ipsetkv/store.h"
#include "store/readers.h"
#include "store/store_fixture.h"
#include "support/corruption.h"
#include "support/process.h"

namespace ipsetkv::tests {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

Options in_table() { return {.table = "t", .timeout = kPatient}; }

std::string key_of(std::size_t number) { return "key" + std::to_string(number); }

TableInfo info_of(Store& store) { return store.table_info().value().value(); }

void expect_keys(Store& store, std::size_t count) {
  for (std::size_t number = 0; number < count; ++number)
    expect_value(store, key_of(number), "value of " + key_of(number));
}

class TableGrowthTest : public StoreTest {};

TEST_F(TableGrowthTest, FollowsTheNumberOfKeysUpAndDown) {
  constexpr std::size_t kKeys = 20'000;
  Store store = open(in_table());
  for (std::size_t number = 0; number < kKeys; ++number)
    expect_set(store, key_of(number), "value of " + key_of(number));
  expect_keys(store, kKeys);
  TableInfo info = info_of(store);
  EXPECT_EQ(info.keys, kKeys);
  EXPECT_GE(info.bucket_keys.size(), 256U);
  EXPECT_LE(info.bucket_keys.back(), 2 * format::most_keys(10));
  for (std::size_t number = 0; number < kKeys; number += 2)
    EXPECT_TRUE(store.del(key_of(number)).value());
  for (std::size_t number = 1; number < kKeys; number += 2)
    if (number >= 100) {
      EXPECT_TRUE(store.del(key_of(number)).value());
    }
  ASSERT_TRUE(store.sweep());
  info = info_of(store);
  EXPECT_EQ(info.keys, 50U);
  EXPECT_LE(info.bucket_keys.size(), 32U);
  for (std::size_t number = 1; number < 100; number += 2)
    expect_value(store, key_of(number), "value of " + key_of(number));
}

TEST_F(TableGrowthTest, LeavesNoFullBucketAfterManyKeysAtOnce) {
  constexpr std::size_t kKeys = 20'000;
  std::vector<std::string> keys;
  std::vector<KeyValue> pairs;
  for (std::size_t number = 0; number < kKeys; ++number) keys.push_back(key_of(number));
  for (const std::string& key : keys) pairs.push_back({key, key});
  Store store = open(in_table());
  ASSERT_TRUE(store.set_all(pairs));
  const TableInfo info = info_of(store);
  EXPECT_EQ(info.keys, kKeys);
  EXPECT_LE(info.bucket_keys.back(), 2 * format::most_keys(10));
  EXPECT_THAT(store.keys().value(), SizeIs(kKeys));
}

// The buckets of chosen keys are as full as others': sizes as equal as chance has it.
TEST_F(TableGrowthTest, SpreadsKeysWhateverTheyAre) {
  Store store = open(in_table());
  for (int number = 0; number < 4'096; ++number)
    expect_set(store,
               std::string(static_cast<std::size_t>(number % 64 + 1), 'k') + key_of(0) +
                   std::to_string(number / 64),
               "v");
  ASSERT_TRUE(store.sweep());
  const TableInfo info = info_of(store);
  EXPECT_LE(info.bucket_keys.back(), format::most_keys(8));
  EXPECT_LE(info.bucket_keys.size(), 512U);
}

/// Adds and removes thousands of keys again and again, until it is told to stop.
int grow_and_shrink(std::uint32_t seed, const std::atomic<bool>& stop) {
  auto store = Store::open(in_table());
  std::mt19937 random(seed);
  while (store && !stop) {
    const std::size_t count = 500 + random() % 2'000;
    const std::string stem = "goes " + std::to_string(seed) + " ";
    for (std::size_t number = 0; number < count; ++number)
      if (!store->set(stem + std::to_string(number), std::string(random() % 300, 'x'))) return 1;
    for (std::size_t number = 0; number < count; ++number)
      if (!store->del(stem + std::to_string(number)).value_or(false)) return 2;
    if (!store->sweep()) return 3;
  }
  return store ? 0 : 4;
}

TEST_F(TableGrowthTest, IsNotNoticedByThoseWhoReadWriteAndScanMeanwhile) {
  const std::uint32_t seed = test_seed();
  SCOPED_TRACE("IPSETKV_TEST_SEED=" + std::to_string(seed));
  constexpr std::size_t kStay = 200;
  Store store = open(in_table());
  for (std::size_t number = 0; number < kStay; ++number)
    expect_set(store, key_of(number), "value of " + key_of(number));
  const Shared<std::atomic<bool>> stop;
  std::vector<pid_t> others;
  for (const std::uint32_t number : {1U, 2U})
    others.push_back(start_process([&, number] { return grow_and_shrink(seed + number, *stop); }));

  std::size_t fewest = SIZE_MAX;
  std::size_t most = 0;
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(3);
  while (std::chrono::steady_clock::now() < end && !HasFailure()) {
    expect_keys(store, kStay);
    for (std::size_t number = 0; number < kStay; ++number)
      expect_set(store, key_of(number), "value of " + key_of(number));
    std::map<std::string, int> met;
    std::uint64_t cursor = 0;
    do {
      const auto page = store.scan(cursor, "key*", 20).value();
      for (const std::string& key : page.keys) ++met[key];
      cursor = page.next_cursor;
    } while (cursor != 0);
    EXPECT_THAT(met, SizeIs(kStay));
    for (const auto& [key, times] : met) EXPECT_EQ(times, 1) << key;
    const std::size_t buckets = info_of(store).bucket_keys.size();
    fewest = std::min(fewest, buckets);
    most = std::max(most, buckets);
  }
  *stop = true;
  for (const pid_t other : others) EXPECT_EQ(wait_for(other), 0);
  EXPECT_GT(most, fewest) << "there was nothing to notice";
  ASSERT_TRUE(store.sweep());
  EXPECT_THAT(store.keys("goes*").value(), IsEmpty());
  expect_keys(store, kStay);
}

// Hash buckets that have been emptied keep their memory on Linux 6.1, and their size on others.
TEST_F(TableGrowthTest, GivesBackTheMemoryOfKeysThatHaveGone) {
  Store store = open(in_table());
  for (std::size_t number = 0; number < 200; ++number)
    expect_set(store, key_of(number), "value of " + key_of(number));
  const std::uint64_t before = info_of(store).kernel_memory;
  for (std::size_t number = 1'000; number < 30'000; ++number) {
    expect_set(store, key_of(number), std::string(100, 'x'));
    if (number >= 1'200) {
      EXPECT_TRUE(store.del(key_of(number - 200)).value());
    }
  }
  for (std::size_t number = 29'800; number < 30'000; ++number)
    EXPECT_TRUE(store.del(key_of(number)).value());
  ASSERT_TRUE(store.sweep());
  EXPECT_EQ(info_of(store).keys, 200U);
  EXPECT_LE(info_of(store).kernel_memory, 4 * before);
  expect_keys(store, 200);
}

}  // namespace
}  // namespace ipsetkv::tests
