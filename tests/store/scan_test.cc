// SPDX-License-Identifier: MIT
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iostream>
#include <iterator>
#include <limits>
#include <map>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "ipsetkv/store.h"
#include "store/readers.h"
#include "store/store_fixture.h"
#include "support/corruption.h"
#include "support/full_length.h"
#include "support/process.h"

namespace ipsetkv::tests {
namespace {

using testing::IsEmpty;
using testing::SizeIs;
using testing::UnorderedElementsAreArray;

class ScanTest : public AnyStoreTest {};
INSTANTIATE_TEST_SUITE_P(Any, ScanTest, every_store(), name_of_store);
/// Tests that apply to drawers only.
using DrawerScanTest = StoreTest;

/// All keys that a scan returns.
std::vector<std::string> scan_all(Store& store, std::string_view pattern, std::size_t count,
                                  std::uint64_t cursor = 0) {
  std::vector<std::string> keys;
  do {
    const auto page = store.scan(cursor, pattern, count);
    EXPECT_TRUE(page) << page.error().message();
    if (!page) break;
    keys.insert(keys.end(), page->keys.begin(), page->keys.end());
    EXPECT_TRUE(page->next_cursor == 0 || page->next_cursor > cursor) << "the cursor does not grow";
    cursor = page->next_cursor > cursor ? page->next_cursor : 0;
  } while (cursor != 0);
  return keys;
}

/// Keys that are set names and keys that cannot be: with zeros, newlines, pattern characters, very
/// long.
std::vector<std::string> awkward_keys() {
  std::vector<std::string> keys = {"~lock-1",
                                   "two words",
                                   "*",
                                   "[a]",
                                   "\\",
                                   "a\nb",
                                   "-",
                                   std::string("a\0b", 3),
                                   std::string(1, '\0'),
                                   std::string(1'000, 'k')};
  for (int code = 128; code < 256; code += 8) keys.push_back({static_cast<char>(code)});
  for (int number = 0; number < 60; ++number) keys.push_back("key" + std::to_string(number));
  return keys;
}

TEST_P(ScanTest, ReturnsEveryKeyOnceForAnyPageSize) {
  Store store = open();
  EXPECT_THAT(scan_all(store, "*", 10), IsEmpty());
  const auto keys = awkward_keys();
  for (const std::string& key : keys) expect_set(store, key, key);
  ipset("create foreign hash:net");
  for (const std::size_t count : {std::size_t{0}, std::size_t{1}, std::size_t{7}, std::size_t{200},
                                  std::numeric_limits<std::size_t>::max()})
    EXPECT_THAT(scan_all(store, "*", count), UnorderedElementsAreArray(keys)) << count;
}

TEST_P(ScanTest, ReturnsTheSameKeysAsKeysForAnyPattern) {
  Store store = open();
  for (const std::string& key : awkward_keys()) expect_set(store, key, key);
  for (const std::string_view pattern :
       {"*", "", "?", "key*", "key?", "key[1-3]?", "[^k]*", "\\*", "*\\", "[", "*\n*", "none"})
    for (const std::size_t count : {7U, 1'000U})
      EXPECT_THAT(scan_all(store, pattern, count),
                  UnorderedElementsAreArray(store.keys(pattern).value()))
          << pattern;
}

TEST_F(DrawerScanTest, ExaminesTheGivenNumberOfSetsOnEachPage) {
  Store store = open();
  for (int number = 0; number < 100; ++number) expect_set(store, std::to_string(number), "x");
  std::uint64_t cursor = 0;
  for (int page = 0; page < 10; ++page) {
    const auto found = store.scan(cursor, "*", 10).value();
    EXPECT_THAT(found.keys, SizeIs(10));
    EXPECT_EQ(found.next_cursor == 0, page == 9);
    cursor = found.next_cursor;
  }
  const auto first = store.scan(0).value();
  EXPECT_THAT(first.keys, SizeIs(10));
  EXPECT_EQ(store.scan(0, "none", 10).value().next_cursor, first.next_cursor);
}

TEST_P(ScanTest, ContinuesFromAnyCursor) {
  Store store = open();
  for (const std::string& key : awkward_keys()) expect_set(store, key, key);
  const auto everything = scan_all(store, "*", 1'000);
  const std::uint32_t seed = test_seed();
  SCOPED_TRACE("IPSETKV_TEST_SEED=" + std::to_string(seed));
  std::mt19937_64 random(seed);
  std::vector<std::uint64_t> cursors = {1, 2, std::uint64_t{1} << 63,
                                        std::numeric_limits<std::uint64_t>::max()};
  for (int count = 0; count < 50; ++count) cursors.push_back(random());
  for (const std::uint64_t cursor : cursors) {
    // A larger cursor skips more from the beginning, in the same order.
    const auto rest = scan_all(store, "*", 50, cursor);
    ASSERT_LE(rest.size(), everything.size());
    EXPECT_TRUE(std::equal(rest.rbegin(), rest.rend(), everything.rbegin())) << cursor;
  }
  // Cursors of a scan in another namespace.
  const std::uint64_t cursor = store.scan(0, "*", 5).value().next_cursor;
  enter_private_namespace();
  Store other = open();
  EXPECT_THAT(scan_all(other, "*", 5, cursor), IsEmpty());
}

/// Creates, changes and removes keys until `stop` is set. Returns an exit status.
int change_keys(std::string_view table, std::uint32_t seed, const std::vector<std::string>& stays,
                const std::atomic<bool>& stop) {
  Options options{.timeout = kPatient};
  options.table = table;
  auto store = Store::open(options);
  std::mt19937 random(seed);
  while (store && !stop) {
    const std::string key = "goes" + std::to_string(random() % 200);
    const std::string value(random() % 400, 'x');
    if (!store->set(key, value)) return 1;
    if (!store->set(stays[random() % stays.size()], value)) return 2;
    if (!store->del("goes" + std::to_string(random() % 200))) return 3;
    if (random() % 16 == 0 && !store->set(key + "\n", value)) return 4;
    if (random() % 16 == 0 && !store->del(key + "\n")) return 5;
  }
  return store ? 0 : 6;
}

/// The number of occurrences of each key.
std::map<std::string, int> count_each(const std::vector<std::string>& keys) {
  std::map<std::string, int> counts;
  for (const std::string& key : keys) ++counts[key];
  return counts;
}

const struct {
  std::string_view pattern;
  bool (*matches)(std::string_view key);
} kPatterns[] = {
    {"*", [](std::string_view) { return true; }},
    {"stays*", [](std::string_view key) { return key.starts_with("stays"); }},
    {"*[0-4]", [](std::string_view key) { return key.back() >= '0' && key.back() <= '4'; }},
    {"stays ?", [](std::string_view key) { return key.size() == 7 && key[5] == ' '; }},
};

TEST_P(ScanTest, ReturnsEveryLastingKeyOnceWhileOthersComeAndGo) {
  const std::uint32_t seed = test_seed();
  SCOPED_TRACE("IPSETKV_TEST_SEED=" + std::to_string(seed));
  std::vector<std::string> stays;
  for (int number = 0; number < 60; ++number) {
    stays.push_back("stays" + std::to_string(number));
    stays.push_back("stays " + std::to_string(number));
  }
  Store store = open();
  for (const std::string& key : stays) expect_set(store, key, "x");
  const Shared<std::atomic<bool>> stop;
  std::vector<pid_t> others;
  for (const std::uint32_t number : {1U, 2U})
    others.push_back(start_process(
        [&, number] { return change_keys(GetParam(), seed + number, stays, *stop); }));

  std::mt19937 random(seed);
  long scans = 0;
  const auto end =
      std::chrono::steady_clock::now() + std::chrono::milliseconds(full_length() ? 60'000 : 2'000);
  for (; std::chrono::steady_clock::now() < end && !HasFailure(); ++scans) {
    const auto& [pattern, matches] = kPatterns[scans % std::ssize(kPatterns)];
    const auto counts = count_each(scan_all(store, pattern, random() % 40));
    for (const auto& [key, count] : counts) EXPECT_EQ(count, 1) << key << ", " << pattern;
    for (const std::string& key : stays)
      EXPECT_EQ(counts.contains(key), matches(key)) << key << ", " << pattern;
  }
  *stop = true;
  for (const pid_t other : others) EXPECT_EQ(wait_for(other), 0);
  std::cout << scans << " scans" << std::endl;
}

}  // namespace
}  // namespace ipsetkv::tests
