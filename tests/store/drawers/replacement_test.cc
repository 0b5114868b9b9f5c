// SPDX-License-Identifier: MIT
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/netlink.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "ipsetkv/store.h"
#include "store/readers.h"
#include "store/store_fixture.h"
#include "store/traced_process.h"
#include "store/unfinished_dump.h"
#include "support/corruption.h"
#include "support/process.h"

namespace ipsetkv::tests {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

using ReplacementTest = StoreTest;

// Each is read in one part of a dump, so that readers never keep the writer waiting.
const TellingValues kShortValues({1, 400, 8, 3, 64, 0, 255, 17});
// These need several parts to read and several sends to write.
const TellingValues kLongValues({20'000, 1, 5'000, 0, 40'000, 64, 12'345});

/// Writes one value behind the other; the status to end a process with.
int write_in_turn(const TellingValues& values, int times, int step = 1) {
  auto store = Store::open({.timeout = kPatient});
  if (!store) return 1;
  for (int round = 0; round < times; ++round)
    if (!store->set("drawer", values.value(static_cast<std::size_t>(round * step)))) return 2;
  return 0;
}

TEST_F(ReplacementTest, ShowsReadersNothingButWholeValues) {
  ASSERT_EQ(write_in_turn(kShortValues, 1), 0);
  watch("drawer", kShortValues, 2, 2, [] { EXPECT_EQ(write_in_turn(kShortValues, 20'000), 0); });
}

TEST_F(ReplacementTest, ShowsReadersNothingButWholeLongValues) {
  ASSERT_EQ(write_in_turn(kLongValues, 1), 0);
  watch("drawer", kLongValues, 1, 0, [] { EXPECT_EQ(write_in_turn(kLongValues, 300), 0); });
}

TEST_F(ReplacementTest, ShowsReadersNothingButWholeValuesOfSeveralWriters) {
  ASSERT_EQ(write_in_turn(kShortValues, 1), 0);
  watch("drawer", kShortValues, 2, 0, [] {
    std::vector<pid_t> writers;
    for (const int step : {1, 3, 5})
      writers.push_back(start_process([=] { return write_in_turn(kShortValues, 5'000, step); }));
    for (const pid_t writer : writers) EXPECT_EQ(wait_for(writer), 0);
  });
  EXPECT_THAT(set_names(), ElementsAre("drawer"));
}

TEST_F(ReplacementTest, ShowsAllOrNothingWhereOthersDelete) {
  Shared<Scoreboard> scores;
  const pid_t deleter = start_process([&] {
    auto store = Store::open({.timeout = kPatient});
    while (store && !scores->stop)
      if (!store->del("drawer")) return 1;
    return store ? 0 : 1;
  });
  const pid_t reader =
      start_process([&] { return read_until_told("drawer", kShortValues, *scores); });
  EXPECT_EQ(write_in_turn(kShortValues, 5'000), 0);
  scores->stop = true;
  EXPECT_EQ(wait_for(deleter), 0);
  EXPECT_EQ(wait_for(reader), 0);
  EXPECT_EQ(scores->torn, 0);
  EXPECT_EQ(scores->failed, 0);
  EXPECT_THAT(spare_sets(), IsEmpty());
}

TEST_F(ReplacementTest, MakesANewKeyAppearWholeWhicheverWriterIsFirst) {
  Shared<Scoreboard> scores;
  for (int round = 0; round < 50; ++round) {
    const std::string key = "key" + std::to_string(round);
    scores->ready = 0;
    std::vector<pid_t> writers;
    for (const char letter : {'a', 'b'})
      writers.push_back(start_process([&, letter] {
        auto store = Store::open({.timeout = kPatient});
        ++scores->ready;
        while (scores->ready < 2) std::this_thread::yield();
        return store && store->set(key, std::string(100, letter)) ? 0 : 1;
      }));
    for (const pid_t writer : writers) EXPECT_EQ(wait_for(writer), 0);
    Store store = open();
    const auto value = store.get(key).value();
    EXPECT_TRUE(value == std::string(100, 'a') || value == std::string(100, 'b')) << key;
  }
  EXPECT_THAT(spare_sets(), IsEmpty());
}

/// A value that takes several parts to read.
const std::string kLongValue(20'000, 'l');

TEST_F(ReplacementTest, GivesUpWhenAReaderDoesNotFinish) {
  for (const std::string& next : {std::string("new"), std::string(), std::string(30'000, 'n')}) {
    Store store = open({.timeout = milliseconds(50)});
    expect_set(store, "drawer", kLongValue);
    {
      const UnfinishedDump reader("drawer");
      const auto start = steady_clock::now();
      const auto refused = store.set("drawer", next);
      expect_error(refused, ErrorCode::kBusy);
      EXPECT_EQ(std::string_view(refused.error().subject.data()), "drawer");
      EXPECT_GE(steady_clock::now() - start, milliseconds(50));
      expect_value(store, "drawer", kLongValue);
      expect_error(store.set("drawer", next), ErrorCode::kBusy);
      expect_set(store, "another", "is free");
      expect_value(store, "another", "is free");
    }
    expect_set(store, "drawer", next);
    expect_value(store, "drawer", next);
  }
  EXPECT_THAT(spare_sets(), IsEmpty());
}

TEST_F(ReplacementTest, DoesNotDeleteWhatAReaderDoesNotFinish) {
  Store store = open({.timeout = milliseconds(50)});
  expect_set(store, "drawer", kLongValue);
  {
    const UnfinishedDump reader("drawer");
    expect_error(store.del("drawer"), ErrorCode::kBusy);
    expect_value(store, "drawer", kLongValue);
  }
  EXPECT_TRUE(store.del("drawer").value());
}

TEST_F(ReplacementTest, WaitsForAReaderThatFinishesInTime) {
  {
    Store writer = open({.timeout = kPatient});
    expect_set(writer, "drawer", kLongValue);
  }
  auto reader = std::make_optional<UnfinishedDump>("drawer");
  std::thread writing([] {
    Store writer = open({.timeout = kPatient});
    expect_set(writer, "drawer", "new");
  });
  // The writer has begun when its spare set is there, and cannot have come to an end.
  const auto deadline = steady_clock::now() + kPatient;
  while (spare_sets().empty() && steady_clock::now() < deadline) std::this_thread::yield();
  Store store = open();
  expect_value(store, "drawer", kLongValue);
  reader.reset();
  writing.join();
  expect_value(store, "drawer", "new");
}

TEST_F(ReplacementTest, LeavesTheOldOrTheNewValueWhereverTheWriterDies) {
  const struct {
    std::string name;
    std::optional<std::string> old;
    std::string next;
  } cases[] = {
      {"a new key", std::nullopt, "notebook"},
      {"a new key and a long value", std::nullopt, std::string(40'000, 'n')},
      {"a short value", "old", "notebook"},
      {"a long value", std::string(30'000, 'o'), std::string(40'000, 'n')},
  };
  for (const auto& [name, old, next] : cases) {
    bool ended = false;
    std::size_t replaced = 0;
    for (int steps = 0; !ended; ++steps) {
      SCOPED_TRACE(name + ", killed after " + std::to_string(steps) + " stops");
      Store store = open();
      if (old)
        expect_set(store, "drawer", *old);
      else
        ASSERT_TRUE(store.del("drawer"));
      {
        TracedProcess writer([&next = next] {
          auto own = Store::open();
          return own && own->set("drawer", next) ? 0 : 1;
        });
        for (int step = 0; step < steps && !ended; ++step) ended = !writer.next();
        EXPECT_EQ(writer.status(), ended ? 0 : -1);
      }
      const auto left = store.get("drawer").value();
      EXPECT_TRUE(left == old || left == next);
      if (left == next) ++replaced;
      EXPECT_EQ(store.keys().value().size(), left ? 1U : 0U);
      expect_set(store, "drawer", "after it");
      expect_value(store, "drawer", "after it");
      ASSERT_LT(steps, 10'000);
    }
    EXPECT_GT(replaced, 1U) << "never killed behind the exchange";
  }
}

TEST_F(ReplacementTest, LeavesAWholeValueWhenTheWriterIsKilledAtAnyTime) {
  const std::uint32_t seed = test_seed();
  SCOPED_TRACE("IPSETKV_TEST_SEED=" + std::to_string(seed));
  std::mt19937 random(seed);
  Store store = open();
  expect_set(store, "drawer", kLongValues.value(0));
  for (int round = 0; round < 50; ++round) {
    Shared<std::atomic<int>> writes;
    const pid_t writer = start_process([&] {
      auto own = Store::open({.timeout = kPatient});
      for (std::size_t number = 0; own; ++number) {
        if (!own->set("drawer", kLongValues.value(number))) return 1;
        ++*writes;
      }
      return 1;
    });
    const int last = static_cast<int>(random() % 12);
    const auto deadline = steady_clock::now() + kPatient;
    while (*writes < last && steady_clock::now() < deadline) std::this_thread::yield();
    const auto moment = steady_clock::now() + std::chrono::microseconds(random() % 2'000);
    while (steady_clock::now() < moment) {
    }
    kill(writer, SIGKILL);
    EXPECT_EQ(wait_for(writer), 128 + SIGKILL);
    const auto left = store.get("drawer").value();
    ASSERT_TRUE(left) << "the value is missing";
    EXPECT_TRUE(kLongValues.are_whole(*left)) << left->size() << " bytes";
    EXPECT_THAT(store.keys().value(), ElementsAre("drawer"));
  }
}

/// The port id of the one netfilter socket that is open in this namespace.
std::string open_port_id() {
  std::ifstream table("/proc/thread-self/net/netlink");
  for (std::string line; std::getline(table, line);) {
    const auto words = words_of(line);
    if (words.size() > 2 && words[1] == std::to_string(NETLINK_NETFILTER) && words[2] != "0")
      return words[2];
  }
  return "none";
}

TEST_F(ReplacementTest, TakesAwayWhatADeadWriterLeftUnderTheNameThatIsNowItsOwn) {
  for (const std::string left : {"hash:ip,port", "hash:net", "hash:ip,port timeout 9 maxelem 1"}) {
    SCOPED_TRACE(left);
    {
      Store store = open();
      const std::string name = "~" + open_port_id();
      ipset("create " + name + " " + left);
      if (left == "hash:ip,port") ipset("add " + name + " 110.111.116.101,tcp:3");
      expect_set(store, "drawer", "notebook");
      expect_value(store, "drawer", "notebook");
      expect_set(store, "drawer", "pencil");
      expect_value(store, "drawer", "pencil");
      EXPECT_TRUE(store.del("drawer").value());
    }
    EXPECT_THAT(set_names(), IsEmpty());
  }
}

TEST_F(ReplacementTest, KnowsAnEqualValueWithADeadlineFromThePlainOneThatItLeftThere) {
  Store store = open();
  Store other = open();
  const Deadline later = deadline_in(std::chrono::hours(1));
  for (std::size_t before = 0; before < 4; ++before) {
    expect_set(store, "drawer", "same");
    expect_set(store, "drawer", "same");
    ASSERT_TRUE(other.set("drawer", "same", SetOptions{.expire_at = later}));
    // What comes out of the drawer is not fit for the empty value.
    std::vector<std::string> values(before, "another");
    values.insert(values.end(), {"", "one", "two", "three"});
    for (const std::string& value : values) {
      expect_set(store, "drawer", value);
      expect_value(other, "drawer", value);
      EXPECT_EQ(other.deadline("drawer").value().value().deadline, std::nullopt);
    }
  }
}

TEST_F(ReplacementTest, KnowsAValueInCommentsFromAPlainOneThatBeginsWithAnEqualElement) {
  Store store = open();
  Store other = open();
  // Of both the first element is 0.0.0.1 with tcp and port 0.
  const std::string plain("\0\0\0\1 and so on", 14);
  const std::string text(600, 'x');
  expect_set(store, "drawer", plain);
  expect_set(store, "drawer", plain);
  expect_set(other, "drawer", text);
  for (const std::string& value : {plain, std::string("two"), text, std::string(), plain}) {
    expect_set(store, "drawer", value);
    expect_value(other, "drawer", value);
  }
}

TEST_F(ReplacementTest, SoonReplacesASetWithOtherOptionsThatBeganLikeItsOwnValue) {
  Store store = open();
  expect_set(store, "drawer", "notebook");
  ipset("create strange hash:ip,port timeout 3600");
  ipset("add strange 110.111.116.101,0");
  ipset("add strange 98.111.111.107,1");
  expect_set(store, "drawer", "notebook");
  ipset("swap strange drawer");
  ipset("destroy strange");
  const auto limit = steady_clock::now() + kPatient;
  do expect_set(store, "drawer", "notebook");
  while (ipset("list -terse").find("timeout") != std::string::npos && steady_clock::now() < limit);
  EXPECT_THAT(ipset("list -terse"), Not(HasSubstr("timeout")));
  expect_value(store, "drawer", "notebook");
}

TEST_F(ReplacementTest, IsNotDelayedByMarkersOfDeadWriters) {
  for (int stripe = 0; stripe < 16; ++stripe) {
    ipset("create ~new-" + std::to_string(stripe) + " hash:ip,port");
    ipset("create ~wait-" + std::to_string(stripe) + " hash:ip,port");
  }
  Store store = open();
  expect_missing(store, "drawer");
  for (const Layout layout : {Layout::kIpv4, Layout::kCounters, Layout::kIpv6, Layout::kComment}) {
    ASSERT_TRUE(store.set("drawer", kLongValue, SetOptions{.layout = layout}));
    expect_value(store, "drawer", kLongValue);
    expect_value(store, "drawer", kLongValue);
  }
  ASSERT_TRUE(store.sweep());
  EXPECT_THAT(spare_sets(), testing::SizeIs(testing::Le(1)));
}

}  // namespace
}  // namespace ipsetkv::tests
