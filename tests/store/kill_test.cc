// SPDX-License-Identifier: MIT
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iostream>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "ipsetkv/store.h"
#include "store/forms.h"
#include "store/store_fixture.h"
#include "store/traced_process.h"
#include "support/corruption.h"
#include "support/full_length.h"
#include "support/process.h"

namespace ipsetkv::tests {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::steady_clock;
using testing::ElementsAre;

using KillTest = StoreTest;

constexpr milliseconds kTimeout{1'000};
/// Well below the timeout: no call may wait for a dead process.
constexpr milliseconds kSoon{500};

Store open_store() { return Store::open({.timeout = kTimeout}).value(); }

/// A value whose first byte determines all others.
std::string telling_value(char letter, std::size_t size) { return std::string(size, letter); }
bool is_whole(std::string_view value) {
  return std::all_of(value.begin(), value.end(), [&](char byte) { return byte == value.front(); });
}

/// The writes of a process until it is killed, and the check of what it left.
struct Work {
  std::string name;
  std::function<bool(Store& store, std::uint64_t round)> step;
  std::function<void(Store& store)> check;
  std::function<void(Store& store)> prepare;
};

void expect_whole(Store& store, std::string_view key, const std::vector<std::size_t>& sizes) {
  const auto value = store.get(key);
  ASSERT_TRUE(value) << value.error().message();
  ASSERT_TRUE(*value) << key << " is missing";
  EXPECT_TRUE(is_whole(**value)) << "a mixture of " << (*value)->size() << " bytes";
  EXPECT_THAT(sizes, testing::Contains((*value)->size()));
}

/// The rounds that a writer has begun and completed.
struct Progress {
  std::atomic<std::uint64_t> begun{0};
  std::atomic<std::uint64_t> done{0};
};

Work replace(std::string name, std::vector<std::size_t> sizes, Layout layout) {
  return {
      .name = std::move(name),
      .step =
          [=](Store& store, std::uint64_t round) {
            const auto value =
                telling_value(static_cast<char>('a' + round % 26), sizes[round % sizes.size()]);
            return store.set("drawer", value, SetOptions{.layout = layout}).has_value();
          },
      .check = [=](Store& store) { expect_whole(store, "drawer", sizes); },
      .prepare = [=](Store& store) { expect_set(store, "drawer", telling_value('o', sizes[0])); }};
}

/// Writes that change the set's type each time, so that the kernel cannot swap the sets.
Work change_layouts() {
  Work work = replace("other layouts", {100}, Layout::kAuto);
  work.step = [](Store& store, std::uint64_t round) {
    const auto value = telling_value(static_cast<char>('a' + round % 26), 100);
    return store.set("drawer", value, SetOptions{.layout = kEveryLayout[round % 4].layout})
        .has_value();
  };
  return work;
}

Work rename_back_and_forth() {
  return {.name = "rename",
          .step =
              [](Store& store, std::uint64_t) {
                const auto there = store.rename("drawer", "a cupboard");
                const auto back = store.rename("a cupboard", "drawer");
                return there && back;
              },
          .check =
              [](Store& store) {
                // Both may exist briefly, but at least one always does.
                const auto here = store.get("drawer").value();
                const auto there = store.get("a cupboard").value();
                EXPECT_TRUE(here || there) << "neither of the two keys exists";
                for (const auto& value : {here, there})
                  if (value) expect_same(*value, std::string(600, 'r'));
              },
          .prepare =
              [](Store& store) {
                ASSERT_TRUE(store.del("a cupboard"));
                expect_set(store, "drawer", std::string(600, 'r'));
              }};
}

Work expiring() {
  return {.name = "expiring",
          .step =
              [](Store& store, std::uint64_t round) {
                const auto value = telling_value(static_cast<char>('a' + round % 26), 300);
                const SetOptions options{.expire_at = deadline_in(milliseconds(60'000))};
                return store.set("drawer", value, options) && store.persist("drawer") &&
                       store.expire("drawer", deadline_in(milliseconds(50'000)));
              },
          .check = [](Store& store) { expect_whole(store, "drawer", {300}); },
          .prepare = [](Store& store) { expect_set(store, "drawer", telling_value('o', 300)); }};
}

Work deleting() {
  return {.name = "deleting",
          .step =
              [](Store& store, std::uint64_t round) {
                const auto value = telling_value(static_cast<char>('a' + round % 26), 50);
                return store.set("drawer", value) && store.del("drawer");
              },
          .check =
              [](Store& store) {
                const auto value = store.get("drawer");
                ASSERT_TRUE(value) << value.error().message();
                EXPECT_TRUE(!*value || is_whole(**value)) << **value;
              },
          .prepare = [](Store& store) { expect_set(store, "drawer", telling_value('o', 50)); }};
}

/// Runs `work` in a child and kills it at a random time.
void kill_at_random(std::mt19937& random, const Work& work, Progress& progress) {
  progress.begun = progress.done = 0;
  const pid_t writer = start_process([&] {
    auto own = Store::open();
    for (std::uint64_t round = 0; own; ++round) {
      ++progress.begun;
      if (!work.step(*own, round)) return 1;
      ++progress.done;
    }
    return 1;
  });
  const std::uint64_t rounds = random() % 8;
  const auto deadline = steady_clock::now() + std::chrono::seconds(60);
  while (progress.done < rounds && steady_clock::now() < deadline) std::this_thread::yield();
  const auto moment = steady_clock::now() + microseconds(random() % 300);
  while (steady_clock::now() < moment) {
  }
  ASSERT_GT(writer, 0);
  kill(writer, SIGKILL);
  EXPECT_EQ(wait_for(writer), 128 + SIGKILL) << "the writer failed";
}

/// Kills a writer many times. Expects after each that the value is the old or the new one and that
/// the next write is not delayed, and at the end that nothing is left over.
void kill_many_times(const Work& work) {
  const std::uint32_t seed = test_seed();
  SCOPED_TRACE("IPSETKV_TEST_SEED=" + std::to_string(seed));
  std::cout << "IPSETKV_TEST_SEED=" << seed << std::endl;
  std::mt19937 random(seed);
  const int times = full_length() ? 500 : 40;
  const Shared<Progress> progress;
  Store store = open_store();
  auto longest = steady_clock::duration::zero();
  work.prepare(store);
  for (int time = 0; time < times && !testing::Test::HasFailure(); ++time) {
    SCOPED_TRACE("killed for the " + std::to_string(time) + "th time");
    kill_at_random(random, work, *progress);
    work.check(store);
    const auto start = steady_clock::now();
    work.prepare(store);
    longest = std::max(longest, steady_clock::now() - start);
    EXPECT_LT(longest, kSoon) << "the next writer was held up";
    if (time % 8 != 0) continue;
    ASSERT_TRUE(store.sweep());
    EXPECT_LE(spare_sets().size(), 1U) << "more than the spare set of the living process";
  }
  ASSERT_TRUE(store.sweep());
  store = open_store();
  EXPECT_THAT(all_set_names(), ElementsAre("drawer"));
  std::cout << times << " kills, the next writer took "
            << std::chrono::duration_cast<microseconds>(longest).count() << " us at most"
            << std::endl;
}

TEST_F(KillTest, LeavesAWholeShortValue) {
  kill_many_times(replace("short", {8, 3, 64, 1, 250}, Layout::kAuto));
}
TEST_F(KillTest, LeavesAWholeLongValue) {
  kill_many_times(replace("long", {300, 40'000, 3'000, 100'000}, Layout::kAuto));
}
TEST_F(KillTest, LeavesAWholeShortOrLongValue) {
  kill_many_times(replace("short or long", {8, 30'000, 64, 300}, Layout::kAuto));
}
TEST_F(KillTest, LeavesAWholeValueWhoseLayoutChanges) { kill_many_times(change_layouts()); }
TEST_F(KillTest, LeavesOneOfTheTwoKeysOfARename) { kill_many_times(rename_back_and_forth()); }
TEST_F(KillTest, LeavesAWholeValueWithADeadline) { kill_many_times(expiring()); }
TEST_F(KillTest, LeavesAWholeValueOrNoneDuringDelete) { kill_many_times(deleting()); }

/// Kills a writer that counts many times. Expects a count between completed and begun steps.
void kill_while_counting(const Work& work, const std::function<std::uint64_t(Store&)>& count) {
  const std::uint32_t seed = test_seed();
  SCOPED_TRACE("IPSETKV_TEST_SEED=" + std::to_string(seed));
  std::mt19937 random(seed);
  const Shared<Progress> progress;
  Store store = open_store();
  for (int time = 0; time < (full_length() ? 500 : 40) && !testing::Test::HasFailure(); ++time) {
    ASSERT_TRUE(store.del("drawer"));
    kill_at_random(random, work, *progress);
    const auto start = steady_clock::now();
    const std::uint64_t counted = count(store);
    EXPECT_GE(counted, progress->done);
    EXPECT_LE(counted, progress->begun);
    EXPECT_TRUE(work.step(store, 0));
    EXPECT_LT(steady_clock::now() - start, kSoon) << "the next writer was held up";
    EXPECT_EQ(count(store), counted + 1);
  }
  ASSERT_TRUE(store.sweep());
  store = open_store();
  EXPECT_THAT(all_set_names(), ElementsAre("drawer"));
}

TEST_F(KillTest, AppliesEachIncrementOnce) {
  const Work work{
      .name = "increment",
      .step = [](Store& store, std::uint64_t) { return store.increment("drawer").has_value(); },
      .check = {},
      .prepare = {}};
  kill_while_counting(work, [](Store& store) {
    return static_cast<std::uint64_t>(store.increment("drawer", 0).value_or(-1));
  });
}

TEST_F(KillTest, AppliesEachAppendOnce) {
  const Work work{
      .name = "append",
      .step = [](Store& store,
                 std::uint64_t) { return store.append("drawer", "0123456789").has_value(); },
      .check = {},
      .prepare = {}};
  kill_while_counting(work, [](Store& store) {
    const auto value = store.get("drawer").value().value_or("");
    std::string expected;
    while (expected.size() < value.size()) expected += "0123456789";
    EXPECT_EQ(value, expected);
    return value.size() / 10;
  });
}

TEST_F(KillTest, DoesNotDelayConcurrentWriters) {
  const std::uint32_t seed = test_seed();
  SCOPED_TRACE("IPSETKV_TEST_SEED=" + std::to_string(seed));
  std::mt19937 random(seed);
  struct Counter {
    std::atomic<bool> stop{false};
    std::atomic<std::uint64_t> count{0};
    std::atomic<std::int64_t> longest{0};
  };
  const Shared<Counter> counter;
  const pid_t counting = start_process([&] {
    auto store = Store::open();
    while (store && !counter->stop) {
      const auto start = steady_clock::now();
      if (!store->increment("drawer")) return 1;
      const auto took = (steady_clock::now() - start).count();
      if (took > counter->longest) counter->longest = took;
      ++counter->count;
    }
    return store ? 0 : 1;
  });
  const Work work{
      .name = "increment",
      .step = [](Store& store, std::uint64_t) { return store.increment("drawer").has_value(); },
      .check = {},
      .prepare = {}};
  const Shared<Progress> progress;
  std::uint64_t least = 0;
  std::uint64_t most = 0;
  for (int time = 0; time < (full_length() ? 1'000 : 100); ++time) {
    kill_at_random(random, work, *progress);
    least += progress->done;
    most += progress->begun;
  }
  counter->stop = true;
  EXPECT_EQ(wait_for(counting), 0);
  Store store = open();
  const auto total = static_cast<std::uint64_t>(store.increment("drawer", 0).value());
  EXPECT_GE(total, counter->count + least);
  EXPECT_LE(total, counter->count + most);
  const auto longest = std::chrono::nanoseconds(counter->longest);
  EXPECT_LT(longest, kSoon) << "the concurrent writer was delayed";
  std::cout << counter->count << " concurrent writes, the longest took "
            << std::chrono::duration_cast<microseconds>(longest).count() << " us" << std::endl;
}

/// A child that has stopped while it holds a lock.
class StoppedWriter {
 public:
  StoppedWriter()
      : child_([] {
          auto store = Store::open();
          return store && store->increment("drawer") && store->increment("drawer") ? 0 : 1;
        }) {
    while (child_.next())
      if (holds_a_lock()) return;
    ADD_FAILURE() << "the writer never held a lock between two system calls";
  }
  /// Continues it to its end. Returns its exit status.
  int finish() {
    while (child_.next()) {
    }
    return child_.status();
  }

 private:
  static bool holds_a_lock() {
    const auto names = spare_sets();
    return std::any_of(names.begin(), names.end(),
                       [](const std::string& name) { return name.find('-') != std::string::npos; });
  }
  TracedProcess child_;
};

TEST_F(KillTest, AStoppedWriterKeepsItsLockAndOthersFailInTime) {
  Store store = open({.timeout = milliseconds(50)});
  expect_set(store, "drawer", "7");
  StoppedWriter writer;
  const auto before = spare_sets();
  const auto start = steady_clock::now();
  expect_error(store.set("drawer", "8"), ErrorCode::kLocked);
  expect_error(store.increment("drawer"), ErrorCode::kLocked);
  expect_error(store.del("drawer"), ErrorCode::kLocked);
  EXPECT_GE(steady_clock::now() - start, milliseconds(150));
  EXPECT_LT(steady_clock::now() - start, std::chrono::seconds(20));
  expect_value(store, "drawer", "7");
  ASSERT_TRUE(store.sweep());
  EXPECT_THAT(spare_sets(), testing::IsSupersetOf(before));
  EXPECT_EQ(writer.finish(), 0);
  expect_value(store, "drawer", "9");
  expect_set(store, "drawer", "8");
  expect_value(store, "drawer", "8");
}

TEST_F(KillTest, TheLockOfADeadWriterIsTakenOverAtOnce) {
  Store store = open();
  expect_set(store, "drawer", "7");
  { StoppedWriter writer; }
  const auto start = steady_clock::now();
  EXPECT_EQ(store.increment("drawer").value(), 8);
  EXPECT_LT(steady_clock::now() - start, kSoon);
  ASSERT_TRUE(store.sweep());
  store = open();
  EXPECT_THAT(all_set_names(), ElementsAre("drawer"));
}

/// Runs `work` in the first process of a new pid namespace.
template <class Work>
int run_in_other_pid_namespace(Work work) {
  return wait_for(start_process([&] {
    if (unshare(CLONE_NEWPID) != 0) return 125;
    return wait_for(start_process([&] { return getpid() == 1 ? work() : 124; }));
  }));
}

TEST_F(KillTest, SweepSparesLiveWritersOfAnotherPidNamespace) {
  Store store = open();
  expect_set(store, "drawer", "7");
  StoppedWriter writer;
  const auto before = spare_sets();
  EXPECT_EQ(run_in_other_pid_namespace([] {
              auto own = Store::open();
              return own && own->sweep() ? 0 : 1;
            }),
            0);
  EXPECT_THAT(spare_sets(), testing::UnorderedElementsAreArray(before));
  EXPECT_EQ(writer.finish(), 0);
  expect_value(store, "drawer", "9");
}

TEST_F(KillTest, SweepRemovesLeftoversOfAnotherPidNamespace) {
  {
    Store store = open();
    expect_set(store, "drawer", "7");
  }
  EXPECT_EQ(run_in_other_pid_namespace([] {
              auto own = Store::open();
              if (!own || !own->set("drawer", "8") || !own->set("drawer", "9")) return 1;
              kill(getpid(), SIGKILL);
              _exit(0);
              return 2;
            }),
            0);
  ASSERT_THAT(spare_sets(), testing::SizeIs(1));
  Store store = open();
  EXPECT_EQ(store.sweep().value().leftovers, 1U);
  store = open();
  EXPECT_THAT(all_set_names(), ElementsAre("drawer"));
  expect_value(store, "drawer", "9");
}

/// A child that reads `key` and has stopped after some parts of the value.
class StoppedReader {
 public:
  explicit StoppedReader(std::string_view key, std::size_t bytes)
      : child_([=] {
          auto store = Store::open();
          std::string value;
          return store && store->get(key, value).value_or(false) && value.size() == bytes ? 0 : 1;
        }) {
    int parts = 0;
    while (const auto stop = child_.next()) {
      if (stop->is_entry && stop->call == SYS_recvfrom) ++parts;
      if (parts == kParts) return;
    }
    ADD_FAILURE() << "the value was read in too few parts";
  }
  int finish() {
    while (child_.next()) {
    }
    return child_.status();
  }

 private:
  static constexpr int kParts = 100;
  TracedProcess child_;
};

TEST_F(KillTest, AReaderStoppedDuringAReadKeepsTheOldValueAndTheWriterFails) {
  const std::string old = std::string(4'194'304, 'o');
  Store store = open({.timeout = milliseconds(100)});
  expect_set(store, "drawer", old);
  StoppedReader reader("drawer", old.size());
  for (const std::string& next : {std::string("new"), std::string(4'194'304, 'n')}) {
    const auto start = steady_clock::now();
    expect_error(store.set("drawer", next), ErrorCode::kBusy);
    EXPECT_GE(steady_clock::now() - start, milliseconds(100));
    expect_error(store.append("drawer", next), ErrorCode::kBusy);
    expect_error(store.del("drawer"), ErrorCode::kBusy);
    expect_value(store, "drawer", old);
  }
  // Other keys can be written.
  expect_set(store, "another", "is free");
  ASSERT_TRUE(store.sweep());
  EXPECT_EQ(reader.finish(), 0);
  expect_set(store, "drawer", "new");
  expect_value(store, "drawer", "new");
}

TEST_F(KillTest, AReaderKilledDuringAReadDelaysNoWriter) {
  const std::string old = std::string(4'194'304, 'o');
  Store store = open();
  expect_set(store, "drawer", old);
  { StoppedReader reader("drawer", old.size()); }
  const auto start = steady_clock::now();
  expect_set(store, "drawer", "new");
  EXPECT_LT(steady_clock::now() - start, kSoon);
  expect_value(store, "drawer", "new");
  ASSERT_TRUE(store.sweep());
  store = open();
  EXPECT_THAT(all_set_names(), ElementsAre("drawer"));
}

}  // namespace
}  // namespace ipsetkv::tests
