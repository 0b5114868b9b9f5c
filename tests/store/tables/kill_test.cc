// SPDX-License-Identifier: MIT

// Writers of a table are killed at random moments, many of them while a bucket is being halved or
// joined: what they were told is written stays, nobody is held up, and the table finishes growing.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>
#include <iostream>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "ipsetkv/store.h"
#include "store/store_fixture.h"
#include "support/corruption.h"
#include "support/full_length.h"
#include "support/process.h"

namespace ipsetkv::tests {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kSoon{500};

Options in_table() { return {.table = "t", .timeout = milliseconds(1000)}; }

std::string key_of(std::uint64_t number) { return "key " + std::to_string(number); }
std::string value_of(std::uint64_t number) {
  // One in seventeen has a set of its own.
  const std::size_t repeated = number % 17 == 0 ? 60 : 1;
  std::string value;
  for (std::size_t i = 0; i < repeated; ++i) value += "value " + std::to_string(number) + ";";
  return value;
}

/// What a writer was at when it was killed.
struct Progress {
  std::atomic<std::uint64_t> begun{0};
  std::atomic<std::uint64_t> done{0};
};

/// Names of the table's sets that only a writer in the middle of something has.
std::vector<std::string> unfinished_sets() {
  std::vector<std::string> names = all_set_names();
  std::erase_if(names, [](const std::string& name) {
    const std::string front = name.substr(0, name.find(':'));
    return name.front() != '~' || front.find_first_of("-+=<") == std::string::npos ||
           name.starts_with("~lock-");
  });
  return names;
}

class TableKillTest : public StoreTest {
 protected:
  TableKillTest() : seed_(test_seed()), random_(seed_) {
    std::cout << "IPSETKV_TEST_SEED=" << seed_ << std::endl;
  }

  /// Lets a child do `step` from `first` on, and kills it after some.
  void kill_at_random(std::uint64_t first, const std::function<bool(Store&, std::uint64_t)>& step) {
    progress_->begun = progress_->done = first;
    const pid_t writer = start_process([&] {
      auto own = Store::open(in_table());
      for (std::uint64_t number = first; own; ++number) {
        progress_->begun = number + 1;
        if (!step(*own, number)) return 1;
        progress_->done = number + 1;
      }
      return 1;
    });
    ASSERT_GT(writer, 0);
    const std::uint64_t wanted = first + random_() % 40;
    const auto deadline = steady_clock::now() + std::chrono::seconds(60);
    while (progress_->done < wanted && steady_clock::now() < deadline) std::this_thread::yield();
    const auto moment = steady_clock::now() + microseconds(random_() % 400);
    while (steady_clock::now() < moment) {
    }
    kill(writer, SIGKILL);
    EXPECT_EQ(wait_for(writer), 128 + SIGKILL) << "the writer failed";
  }

  void expect_soon(const std::function<void()>& work) {
    const auto start = steady_clock::now();
    work();
    const auto took = steady_clock::now() - start;
    longest_ = std::max(longest_, took);
    EXPECT_LT(took, kSoon) << "somebody was held up";
  }

  std::uint32_t seed_;
  std::mt19937 random_;
  Shared<Progress> progress_;
  steady_clock::duration longest_{0};
};

TEST_F(TableKillTest, KeepsWhatWasWrittenWhileItGrows) {
  Store store = open(in_table());
  const int times = full_length() ? 500 : 60;
  std::uint64_t written = 0;
  for (int time = 0; time < times && !HasFailure(); ++time) {
    SCOPED_TRACE("killed for the " + std::to_string(time) + "th time");
    kill_at_random(written, [](Store& own, std::uint64_t number) {
      return own.set(key_of(number), value_of(number)).has_value();
    });
    const std::uint64_t done = progress_->done;
    // The one that was under way is there whole, or not at all.
    const auto last = store.get(key_of(done)).value();
    if (last) expect_same(*last, value_of(done));
    for (std::uint64_t number = written; number < done; ++number)
      expect_soon([&] { expect_value(store, key_of(number), value_of(number)); });
    written = done;
    expect_soon([&] { expect_set(store, key_of(done), value_of(done)); });
    ++written;
  }
  for (std::uint64_t number = 0; number < written && !HasFailure(); ++number)
    expect_value(store, key_of(number), value_of(number));
  EXPECT_EQ(store.keys().value().size(), written);
  ASSERT_TRUE(store.sweep());
  EXPECT_THAT(unfinished_sets(), testing::IsEmpty());
  const TableInfo info = store.table_info().value().value();
  EXPECT_EQ(info.keys, written);
  EXPECT_EQ(info.long_pairs, (written + 16) / 17);
  EXPECT_LE(info.bucket_keys.back(), 100U) << "it has not grown";
  std::cout << written << " keys in " << info.bucket_keys.size() << " buckets, the longest wait "
            << std::chrono::duration_cast<microseconds>(longest_).count() << " us" << std::endl;
}

TEST_F(TableKillTest, KeepsTheRestWhileItShrinks) {
  Store store = open(in_table());
  constexpr std::uint64_t kKeys = 2'000;
  for (std::uint64_t number = 0; number < kKeys; ++number)
    expect_set(store, key_of(number), value_of(number));
  const std::size_t buckets = store.table_info().value()->bucket_keys.size();
  std::uint64_t deleted = 0;
  for (int time = 0; deleted + 60 < kKeys && !HasFailure(); ++time) {
    SCOPED_TRACE("killed for the " + std::to_string(time) + "th time");
    // Looks at every bucket, and joins what can be joined.
    kill_at_random(deleted, [](Store& own, std::uint64_t number) {
      return number < kKeys && own.del(key_of(number)) && (number % 8 != 0 || own.sweep());
    });
    deleted = progress_->done;
    expect_soon([&] { ASSERT_TRUE(store.del(key_of(deleted))); });
    ++deleted;
    for (int some = 0; some < 20; ++some) {
      const std::uint64_t number = random_() % kKeys;
      if (number < deleted)
        expect_soon([&] { expect_missing(store, key_of(number)); });
      else
        expect_soon([&] { expect_value(store, key_of(number), value_of(number)); });
    }
  }
  for (std::uint64_t number = deleted; number < kKeys; ++number)
    expect_value(store, key_of(number), value_of(number));
  ASSERT_TRUE(store.sweep());
  EXPECT_THAT(unfinished_sets(), testing::IsEmpty());
  EXPECT_LT(store.table_info().value()->bucket_keys.size(), buckets / 4) << "it has not shrunk";
  std::cout << "the longest wait " << std::chrono::duration_cast<microseconds>(longest_).count()
            << " us" << std::endl;
}

TEST_F(TableKillTest, CountsEachIncrementOnce) {
  Store store = open(in_table());
  for (int time = 0; time < (full_length() ? 500 : 60) && !HasFailure(); ++time) {
    ASSERT_TRUE(store.del("counter"));
    kill_at_random(0,
                   [](Store& own, std::uint64_t) { return own.increment("counter").has_value(); });
    expect_soon([&] {
      const auto counted = store.increment("counter", 0).value_or(-1);
      EXPECT_GE(counted, static_cast<std::int64_t>(progress_->done));
      EXPECT_LE(counted, static_cast<std::int64_t>(progress_->begun));
    });
  }
  ASSERT_TRUE(store.sweep());
  EXPECT_THAT(unfinished_sets(), testing::IsEmpty());
}

TEST_F(TableKillTest, LeavesOneOfTheTwoKeysOfARename) {
  Store store = open(in_table());
  for (int time = 0; time < (full_length() ? 500 : 60) && !HasFailure(); ++time) {
    const std::string value = value_of(static_cast<std::uint64_t>(time) % 17);
    ASSERT_TRUE(store.del("there"));
    expect_set(store, "here", value);
    kill_at_random(0, [](Store& own, std::uint64_t) {
      return own.rename("here", "there").has_value() && own.rename("there", "here").has_value();
    });
    const auto here = store.get("here").value();
    const auto there = store.get("there").value();
    EXPECT_TRUE(here || there) << "neither of the two keys is there";
    for (const auto& found : {here, there})
      if (found) expect_same(*found, value);
  }
  ASSERT_TRUE(store.sweep());
  EXPECT_THAT(unfinished_sets(), testing::IsEmpty());
}

TEST_F(TableKillTest, MakesATableWhoseMakerDied) {
  for (int time = 0; time < (full_length() ? 300 : 60) && !HasFailure(); ++time) {
    Store store = open(in_table());
    ASSERT_TRUE(store.drop());
    kill_at_random(0, [](Store& own, std::uint64_t) {
      return own.set("key", "value").has_value() && own.drop().has_value();
    });
    expect_soon([&] { expect_set(store, "key", "mine"); });
    expect_value(store, "key", "mine");
    ASSERT_TRUE(store.sweep());
    EXPECT_EQ(store.table_info().value()->sets, 3U) << "head, index and a bucket";
  }
}

}  // namespace
}  // namespace ipsetkv::tests
