// SPDX-License-Identifier: MIT

// What is different in a table from drawers: what the store means by its calls is tested in
// key_value_test.cc, compound_test.cc, expiry_test.cc and scan_test.cc, with both.

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "ipsetkv/store.h"
#include "store/store_fixture.h"
#include "store/tables/head.h"
#include "support/process.h"

namespace ipsetkv::tests {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;
using testing::UnorderedElementsAre;

Options in_table(std::string name = "t") {
  Options options;
  options.table = std::move(name);
  return options;
}

/// The names of the sets that the table `name` occupies.
std::vector<std::string> sets_of(const std::string& name) {
  std::vector<std::string> names = all_set_names();
  std::erase_if(names, [&](const std::string& set) {
    const std::size_t mark = set.find(':');
    if (set.front() != '~' || mark == std::string::npos) return true;
    const std::string rest = set.substr(mark + 1);
    return rest != name && (rest.size() < 3 || rest.substr(3) != name);
  });
  return names;
}

std::string long_value(char byte) { return std::string(3'000, byte); }

class TableTest : public StoreTest {};

TEST_F(TableTest, IsMadeByItsFirstWriteOnly) {
  Store store = open(in_table());
  expect_missing(store, "drawer");
  EXPECT_FALSE(store.exists("drawer").value());
  EXPECT_FALSE(store.del("drawer").value());
  EXPECT_FALSE(store.info("drawer").value());
  EXPECT_THAT(store.keys().value(), IsEmpty());
  EXPECT_FALSE(store.table_info().value());
  EXPECT_FALSE(store.drop().value());
  EXPECT_FALSE(store.compare_and_set("drawer", "", "x").value());
  EXPECT_FALSE(store.set("drawer", "x", {.condition = SetOptions::If::kPresent})->written);
  EXPECT_THAT(all_set_names(), IsEmpty());
  expect_set(store, "drawer", "notebook");
  EXPECT_THAT(sets_of("t"), SizeIs(3));
  EXPECT_THAT(all_set_names(), SizeIs(3));
}

TEST_F(TableTest, IsRefusedUnderABadName) {
  for (const char* name : {"thirteen_byte", "two words", "a:b", "-t"})
    expect_error(Store::open(in_table(name)), ErrorCode::kTableName);
  EXPECT_THAT(all_set_names(), IsEmpty());
}

TEST_F(TableTest, KeepsKeysOfItsOwn) {
  Store store = open(in_table());
  Store other = open(in_table("other"));
  Store drawers = open();
  expect_set(store, "key", "in t");
  expect_set(other, "key", "in other");
  expect_set(drawers, "key", "in drawers");
  ipset("create foreign hash:ip");
  EXPECT_THAT(store.keys().value(), ElementsAre("key"));
  EXPECT_THAT(drawers.keys().value(), ElementsAre("key"));
  EXPECT_TRUE(store.drop().value());
  EXPECT_THAT(sets_of("t"), IsEmpty());
  expect_missing(store, "key");
  expect_value(other, "key", "in other");
  expect_value(drawers, "key", "in drawers");
  EXPECT_THAT(drawers.sweep().value().leftovers, 0U);
  EXPECT_TRUE(store.sweep());
  EXPECT_THAT(sets_of("other"), SizeIs(3));
  EXPECT_EQ(listed("foreign", "Type"), "hash:ip");
}

TEST_F(TableTest, HoldsAPairInOneElementAndALongOneInASetOfItsOwn) {
  Store store = open(in_table());
  expect_set(store, "key", "short");
  EXPECT_EQ(store.info("key").value().value().layout, "pair");
  EXPECT_EQ(store.info("key").value().value().elements, 1U);
  EXPECT_THAT(ipset("list"), testing::HasSubstr("comment \"key\\=short\""));
  for (int round = 0; round < 3; ++round) {
    expect_set(store, "key", long_value('a'));
    EXPECT_EQ(store.info("key").value().value().layout, "long pair");
    EXPECT_THAT(sets_of("t"), SizeIs(4));
    expect_set(store, "key", long_value('b'));
    expect_value(store, "key", long_value('b'));
    EXPECT_THAT(sets_of("t"), SizeIs(4));
    expect_set(store, "key", "short");
    expect_value(store, "key", "short");
    EXPECT_THAT(sets_of("t"), SizeIs(3)) << "the long pair's set stays";
  }
  expect_set(store, "key", long_value('c'));
  EXPECT_TRUE(store.del("key").value());
  EXPECT_THAT(sets_of("t"), SizeIs(3));
}

// A write over a long pair by a Store that has not met one must not leave its set behind.
TEST_F(TableTest, GivesTheSetOfALongPairBackWhoeverReplacesIt) {
  Store writer = open(in_table());
  expect_set(writer, "key", "short");
  expect_set(writer, "key", long_value('a'));
  const std::vector<KeyValue> pairs{{"key", "x"}};
  const std::function<void(Store&)> replacements[] = {
      [](Store& store) { expect_set(store, "key", "short"); },
      [](Store& store) { EXPECT_TRUE(store.del("key").value()); },
      [](Store& store) { EXPECT_TRUE(store.rename("key", "other").value()); },
      [&](Store& store) { EXPECT_TRUE(store.set_all(pairs)); },
  };
  for (const auto& replace : replacements) {
    expect_set(writer, "key", long_value('a'));
    Store store = open(in_table());
    replace(store);
    EXPECT_TRUE(store.del("other"));
    EXPECT_THAT(sets_of("t"), SizeIs(3));
  }
}

TEST_F(TableTest, ReadsWritesAndRemovesManyKeysAtOnce) {
  Store store = open(in_table());
  std::vector<std::string> keys;
  std::vector<std::string> values;
  for (int number = 0; number < 3'000; ++number) {
    keys.push_back("key" + std::to_string(number));
    values.push_back(number % 100 == 7 ? long_value('v') : "value of " + keys.back());
  }
  std::vector<KeyValue> pairs;
  for (std::size_t at = 0; at < keys.size(); ++at) pairs.push_back({keys[at], values[at]});
  // Of a key that is there twice the later one wins.
  pairs.insert(pairs.begin(), {"key0", "an earlier one"});
  ASSERT_TRUE(store.set_all(pairs));

  std::vector<std::string_view> wanted(keys.begin(), keys.end());
  wanted.push_back("none");
  wanted.push_back("key5");
  std::map<std::size_t, std::optional<std::string>> got;
  ASSERT_TRUE(store.get_all(wanted, [&](std::size_t index, std::optional<std::string_view> value) {
    EXPECT_TRUE(
        got.emplace(index, value ? std::optional<std::string>(*value) : std::nullopt).second);
  }));
  ASSERT_THAT(got, SizeIs(wanted.size()));
  for (std::size_t at = 0; at < keys.size(); ++at) EXPECT_EQ(got[at], values[at]) << keys[at];
  EXPECT_EQ(got[keys.size()], std::nullopt);
  EXPECT_EQ(got[keys.size() + 1], values[5]);
  EXPECT_THAT(store.keys().value(), SizeIs(keys.size()));

  std::size_t visited = 0;
  EXPECT_EQ(store
                .del_all(wanted,
                         [&](std::size_t index, bool deleted) {
                           ++visited;
                           if (index != 5 && wanted[index] != "key5") {
                             EXPECT_EQ(deleted, index < keys.size()) << wanted[index];
                           }
                         })
                .value(),
            keys.size());
  EXPECT_EQ(visited, wanted.size());
  EXPECT_THAT(store.keys().value(), IsEmpty());
}

TEST_F(TableTest, RefusesABadKeyAmongManyBeforeAnythingIsDone) {
  Store store = open(in_table());
  const std::vector<KeyValue> pairs{{"a", "1"}, {"", "2"}};
  expect_error(store.set_all(pairs), ErrorCode::kKeyEmpty);
  EXPECT_THAT(all_set_names(), IsEmpty());
  const std::vector<std::string_view> keys{"a", ""};
  expect_error(store.get_all(keys, [](auto, auto) {}), ErrorCode::kKeyEmpty);
  expect_error(store.del_all(keys), ErrorCode::kKeyEmpty);
}

TEST_F(TableTest, TellsHowItWentWithEachOfManyPairs) {
  const std::size_t size = kMaxValueBytes + 1;
  void* const zeros =
      mmap(nullptr, size, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  ASSERT_NE(zeros, MAP_FAILED);
  const std::vector<KeyValue> pairs{
      {"a", "1"}, {"b", {static_cast<const char*>(zeros), size}}, {"c", "3"}};
  for (const Options& options : {Options(), in_table()}) {
    SCOPED_TRACE(options.table);
    Store store = open(options);
    std::map<std::size_t, Result<void>> told;
    EXPECT_TRUE(store.set_all(pairs, [&](std::size_t index, const Result<void>& written) {
      EXPECT_TRUE(told.emplace(index, written).second) << index;
    }));
    ASSERT_EQ(told.size(), pairs.size());
    EXPECT_TRUE(told[0]);
    expect_error(told[1], ErrorCode::kValueTooLong);
    EXPECT_TRUE(told[2]);
    EXPECT_THAT(store.keys().value(), ElementsAre("a", "c"));
    // Without anybody to tell it ends there.
    expect_error(store.set_all(pairs), ErrorCode::kValueTooLong);
  }
  munmap(zeros, size);
}

TEST_F(TableTest, GoesOnAfterSomebodyElseHasDroppedIt) {
  Store first = open(in_table());
  Store second = open(in_table());
  const std::vector<KeyValue> pairs{{"a", "1"}, {"b", "2"}};
  for (int round = 0; round < 3; ++round) {
    expect_set(first, "key", "value");
    expect_value(second, "key", "value");
    EXPECT_TRUE(second.drop().value());
    expect_missing(first, "key");
    EXPECT_FALSE(first.del("key").value());
    expect_set(second, "key", long_value('x'));
    EXPECT_TRUE(first.drop().value());
    EXPECT_EQ(second.increment("number").value(), 1);
    EXPECT_TRUE(first.drop().value());
    ASSERT_TRUE(second.set_all(pairs));
    EXPECT_THAT(first.keys().value(), ElementsAre("a", "b"));
    EXPECT_TRUE(first.drop().value());
    EXPECT_THAT(second.scan(0).value().keys, IsEmpty());
  }
  EXPECT_THAT(set_names(), IsEmpty());
}

TEST_F(TableTest, FindsTheTableThatIsInTheFormerOnesPlace) {
  Store first = open(in_table());
  Store second = open(in_table());
  expect_set(first, "key", "value");
  const std::vector<std::function<void()>> uses{
      [&] { expect_value(second, "key", "new"); },
      [&] { expect_set(second, "key", "new"); },
      [&] { expect_set(second, "key", long_value('x')); },
      [&] { EXPECT_TRUE(second.del("key").value()); },
      [&] { EXPECT_TRUE(second.exists("key").value()); },
      [&] { EXPECT_EQ(second.append("key", "er").value(), 5U); },
      [&] { EXPECT_TRUE(second.rename("key", "other").value()); },
      [&] { EXPECT_THAT(second.keys().value(), ElementsAre("key")); },
      [&] { EXPECT_THAT(second.scan(0).value().keys, ElementsAre("key")); },
      [&] { EXPECT_TRUE(second.info("key").value()); },
      [&] { EXPECT_EQ(second.table_info().value()->keys, 1U); },
      [&] { EXPECT_TRUE(second.sweep()); },
      [&] { EXPECT_TRUE(second.drop().value()); },
  };
  for (const auto& use : uses) {
    expect_set(second, "another", "value");
    EXPECT_TRUE(first.drop().value());
    expect_set(first, "key", "new");
    use();
  }
  (void)first.drop();
  EXPECT_THAT(set_names(), IsEmpty());
}

// A table's sets have the generation in their names, which has 15 bits. Of two tables with the same
// one a Store cannot tell by the names which it meets.
TEST_F(TableTest, NoticesATableOfTheFormerOnesGeneration) {
  const auto generation_of = [](const std::string& head) {
    const std::size_t begin = head.find("add ~:t ") + std::strlen("add ~:t ");
    in6_addr address{};
    EXPECT_EQ(
        inet_pton(AF_INET6, head.substr(begin, head.find(' ', begin) - begin).c_str(), &address),
        1);
    return format::TableSecret::from(std::as_bytes(std::span(address.s6_addr)))->generation();
  };
  Store store = open(in_table());
  expect_set(store, "key", "old");
  const std::uint32_t generation = generation_of(ipset("save ~:t"));
  const std::vector<std::string> sets = sets_of("t");
  auto secret = format::TableSecret::random();
  while (secret.generation() != generation) secret = format::TableSecret::random();

  ipset("destroy");
  ipset("create ~:t hash:ip family inet6 comment");
  ipset("restore", "add ~:t " + secret.address().to_string() + " comment \"ipsetkv table 1\"\n");
  for (const std::string& set : sets)
    if (set != "~:t")
      ipset("create " + set + " hash:ip family inet6 maxelem 4294967295" +
            (set.starts_with("~!") ? "" : " timeout 0 comment"));
  // It looks after 512 writes at the latest.
  for (int write = 0; write < 600; ++write) expect_set(store, "key", "new");
  Store another = open(in_table());
  expect_value(another, "key", "new");
}

// Nothing but the table's secret tells which bucket a key belongs to.
TEST_F(TableTest, HasAnotherSecretEachTimeItIsMade) {
  Store store = open(in_table());
  std::vector<std::string> seen;
  for (int round = 0; round < 3; ++round) {
    expect_set(store, "key", "value");
    std::string saved = ipset("save ~:t");
    const std::size_t begin = saved.find("add ~:t ");
    ASSERT_NE(begin, std::string::npos) << saved;
    seen.push_back(saved.substr(begin));
    EXPECT_TRUE(store.drop().value());
  }
  EXPECT_NE(seen[0], seen[1]);
  EXPECT_NE(seen[1], seen[2]);
}

TEST_F(TableTest, LeavesAForeignSetOfItsNameAlone) {
  ipset("create ~:t hash:ip");
  ipset("add ~:t 1.2.3.4");
  const std::string before = ipset("save");
  Store store = open(in_table());
  expect_error(store.get("key"), ErrorCode::kNotAValue);
  expect_error(store.set("key", "value"), ErrorCode::kNotAValue);
  expect_error(store.del("key"), ErrorCode::kNotAValue);
  expect_error(store.drop(), ErrorCode::kNotAValue);
  expect_error(store.sweep(), ErrorCode::kNotAValue);
  EXPECT_EQ(ipset("save"), before);
}

// The kernel ends the elements by itself; nothing of them stays.
TEST_F(TableTest, LosesShortLivedKeysWithoutAnybodysHelp) {
  Store store = open(in_table());
  for (int number = 0; number < 50; ++number) {
    const std::string key = "key" + std::to_string(number);
    ASSERT_TRUE(store.set(key, "value", SetOptions{.expire_at = deadline_in(500ms)}));
  }
  const auto count = [] {
    const std::string saved = ipset("save");
    std::size_t found = 0;
    for (std::size_t at = saved.find("\\="); at != std::string::npos;
         at = saved.find("\\=", at + 1))
      ++found;
    return found;
  };
  EXPECT_EQ(count(), 50U);
  const auto limit = std::chrono::steady_clock::now() + 10s;
  while (count() > 0 && std::chrono::steady_clock::now() < limit) std::this_thread::sleep_for(50ms);
  EXPECT_EQ(count(), 0U);
}

// Whoever does not know yet that there are deadlines must not remove a key that has ended and say
// that it was there. The deadline is shorter than the time for which everybody has to know.
TEST_F(TableTest, TellsEverybodyOfItsFirstDeadlineBeforeAKeyEnds) {
  for (int round = 0; round < 20; ++round) {
    Store remover = open(in_table());
    Store writer = open(in_table());
    expect_set(writer, "other", "value");
    EXPECT_TRUE(remover.del("other").value());
    const Deadline deadline = deadline_in(10ms);
    ASSERT_TRUE(writer.set("key", "value", SetOptions{.expire_at = deadline}));
    std::this_thread::sleep_until(deadline);
    EXPECT_FALSE(remover.del("key").value());
    EXPECT_TRUE(writer.drop().value());
  }
}

/// How long the work takes, the shortest of some times: a busy machine delays single ones.
template <class Work>
std::chrono::steady_clock::duration shortest_of(Work work) {
  auto shortest = std::chrono::steady_clock::duration::max();
  for (int time = 0; time < 5; ++time) {
    const auto start = std::chrono::steady_clock::now();
    work();
    shortest = std::min(shortest, std::chrono::steady_clock::now() - start);
  }
  return shortest;
}

// A clock that was ahead when the mark was set must not hold up those who meet the mark.
TEST_F(TableTest, DoesNotWaitForAMarkInTheFuture) {
  const auto in_an_hour = deadline_in(1h).time_since_epoch().count();
  for (const std::string& mark : {std::to_string(in_an_hour), std::string("9223372036854775808"),
                                  std::string("18446744073709551615"), std::string("no number")}) {
    SCOPED_TRACE(mark);
    EXPECT_LT(shortest_of([&] {
                (void)open(in_table()).drop();
                Store maker = open(in_table());
                ASSERT_TRUE(maker.set("k", "v", SetOptions{.expire_at = deadline_in(1s)}));
                ipset("del ~:t ::1");
                ipset("restore", "add ~:t ::1 comment \"deadlines since " + mark + "\"\n");
                Store store = open(in_table());
                ASSERT_TRUE(store.set("k", "v", SetOptions{.expire_at = deadline_in(1s)}));
                EXPECT_TRUE(store.exists("k").value());
                EXPECT_TRUE(store.increment("n"));
                EXPECT_TRUE(store.del("k").value());
              }),
              500ms);
  }
}

TEST_F(TableTest, DoesNotWaitBeforeItsFirstDeadline) {
  EXPECT_LT(shortest_of([&] {
              (void)open(in_table()).drop();
              Store store = open(in_table());
              ASSERT_TRUE(store.set("k", "v", SetOptions{.expire_at = deadline_in(30s)}));
            }),
            50ms);
}

// A bucket that is locked for good, here by a Store that does nothing more, ends every call in
// time.
TEST_F(TableTest, WaitsForALockedBucketNoLongerThanItsTimeout) {
  Store store = open({.table = "t", .timeout = 100ms});
  expect_set(store, "key", "value");
  Store holder = open(in_table("other"));
  expect_set(holder, "key", long_value('x'));
  // The holder's port id is in the name of its long pair's set.
  const std::string long_set = holder.info("key").value()->set_name;
  const std::string port = long_set.substr(long_set.find(':') - 8, 8);
  const std::string bucket = store.info("key").value()->set_name;
  const std::size_t end = bucket.find(':');
  const std::string locked = bucket.substr(0, end) + "-" + port + bucket.substr(end);
  ipset("rename " + bucket + " " + locked);
  const std::vector<KeyValue> pairs{{"key", "1"}};
  const std::vector<std::string_view> keys{"key"};
  const std::vector<std::function<void()>> uses{
      [&] { expect_error(store.get("key"), ErrorCode::kLocked); },
      [&] { expect_error(store.exists("key"), ErrorCode::kLocked); },
      [&] { expect_error(store.info("key"), ErrorCode::kLocked); },
      [&] { expect_error(store.set("key", "x"), ErrorCode::kLocked); },
      [&] { expect_error(store.set("key", long_value('y')), ErrorCode::kLocked); },
      [&] { expect_error(store.increment("key"), ErrorCode::kLocked); },
      [&] { expect_error(store.rename("key", "other"), ErrorCode::kLocked); },
      [&] { expect_error(store.del("key"), ErrorCode::kLocked); },
      [&] { expect_error(store.set_all(pairs), ErrorCode::kLocked); },
      [&] { expect_error(store.get_all(keys, [](auto, auto) {}), ErrorCode::kLocked); },
      [&] { expect_error(store.del_all(keys), ErrorCode::kLocked); },
      [&] { expect_error(store.keys(), ErrorCode::kLocked); },
  };
  for (std::size_t use = 0; use < uses.size(); ++use) {
    SCOPED_TRACE(use);
    const auto start = std::chrono::steady_clock::now();
    uses[use]();
    EXPECT_LT(std::chrono::steady_clock::now() - start, 1s);
  }
  ipset("rename " + locked + " " + bucket);
  expect_value(store, "key", "value");
}

TEST_F(TableTest, GivesBackWhatCrashedWritersLeftAndNothingElse) {
  Store store = open(in_table());
  expect_set(store, "key", "value");
  expect_set(store, "long", long_value('l'));
  // The sets of a writer that died: of a long pair that nothing names, and of a former table.
  const std::string bucket = store.info("key").value().value().set_name;
  const std::string back = bucket.substr(bucket.find(':'));
  for (const std::string& name : {"~!0deadbeef" + back, std::string("~1:000t"),
                                  std::string("~!:000t"), std::string("~1+deadbeef:000t")})
    ipset("create " + name + " hash:ip family inet6 comment timeout 0");
  // And one of a writer that lives.
  const int status = wait_for(start_process([&] {
    Store other = open(in_table());
    expect_set(other, "lives", long_value('m'));
    EXPECT_GT(store.sweep().value().leftovers, 0U);
    expect_value(other, "lives", long_value('m'));
    return HasFailure() ? 1 : 0;
  }));
  EXPECT_EQ(status, 0);
  EXPECT_THAT(sets_of("t"), SizeIs(5));
  EXPECT_EQ(store.sweep().value().leftovers, 0U);
  expect_value(store, "key", "value");
  expect_value(store, "long", long_value('l'));
  expect_value(store, "lives", long_value('m'));
}

TEST_F(TableTest, TellsHowLargeItIs) {
  Store store = open(in_table());
  for (int number = 0; number < 500; ++number)
    expect_set(store, "key" + std::to_string(number), "value");
  expect_set(store, "long", long_value('l'));
  const TableInfo info = store.table_info().value().value();
  EXPECT_EQ(info.name, "t");
  EXPECT_EQ(info.keys, 501U);
  EXPECT_EQ(info.long_pairs, 1U);
  EXPECT_EQ(info.sets, sets_of("t").size());
  EXPECT_EQ(info.sets, info.bucket_keys.size() + 3);
  EXPECT_GT(info.kernel_memory, 501U * 32);
  EXPECT_FALSE(open().table_info().value());
  expect_error(open().drop(), ErrorCode::kNoTable);
}

}  // namespace
}  // namespace ipsetkv::tests
