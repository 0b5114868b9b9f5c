// SPDX-License-Identifier: MIT
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "ipsetkv/store.h"
#include "store/forms.h"
#include "store/store_fixture.h"

namespace ipsetkv::tests {
namespace {

using namespace std::chrono_literals;
using If = SetOptions::If;
using testing::ElementsAre;
using testing::IsEmpty;

class CompoundTest : public AnyStoreTest {};
INSTANTIATE_TEST_SUITE_P(Any, CompoundTest, every_store(), name_of_store);
/// Tests that apply to drawers only.
using DrawerCompoundTest = StoreTest;

constexpr std::int64_t kHighest = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kLowest = std::numeric_limits<std::int64_t>::min();

/// Stores `value` in the given layout.
void put(Store& store, std::string_view key, std::string_view value, Layout layout,
         std::optional<Deadline> deadline = {}) {
  const auto done = store.set(key, value, SetOptions{.expire_at = deadline, .layout = layout});
  ASSERT_TRUE(done) << done.error().message();
}

TEST_P(CompoundTest, SetsOnlyIfTheKeyIsAbsent) {
  Store store = open();
  for_each_form([&](const NamedLayout& layout, std::string_view key) {
    const SetOptions options{.condition = If::kAbsent, .return_old = true, .layout = layout.layout};
    SetResult done = store.set(key, "first", options).value();
    EXPECT_TRUE(done.written);
    EXPECT_EQ(done.old, std::nullopt);
    done = store.set(key, "second", options).value();
    EXPECT_FALSE(done.written);
    EXPECT_EQ(done.old, "first");
    expect_value(store, key, "first");
    expect_layout(store, key, layout.name);
    EXPECT_TRUE(store.del(key).value());
  });
}

TEST_P(CompoundTest, SetsOnlyIfTheKeyIsPresent) {
  Store store = open();
  for_each_form([&](const NamedLayout& layout, std::string_view key) {
    const SetOptions options{
        .condition = If::kPresent, .return_old = true, .layout = layout.layout};
    SetResult done = store.set(key, "first", options).value();
    EXPECT_FALSE(done.written);
    EXPECT_EQ(done.old, std::nullopt);
    expect_missing(store, key);
    expect_set(store, key, "");
    done = store.set(key, "second", options).value();
    EXPECT_TRUE(done.written);
    EXPECT_EQ(done.old, "");
    expect_value(store, key, "second");
    expect_layout(store, key, layout.name);
    EXPECT_TRUE(store.del(key).value());
  });
  EXPECT_THAT(store.keys().value(), IsEmpty());
}

TEST_P(CompoundTest, ReturnsTheOldValueOfAnyLayoutAndLength) {
  Store store = open();
  for_each_form([&](const NamedLayout& layout, std::string_view key) {
    std::optional<std::string> before;
    for (const std::size_t length : {0U, 5U, 300U, 20'000U, 1U}) {
      const std::string value(length, 'v');
      const SetOptions options{.return_old = true, .layout = layout.layout};
      const SetResult done = store.set(key, value, options).value();
      EXPECT_TRUE(done.written);
      EXPECT_TRUE(done.old == before) << length;
      before = value;
    }
    EXPECT_EQ(store.set(key, "x", SetOptions{.keep_deadline = true})->old, std::nullopt);
    EXPECT_TRUE(store.del(key).value());
  });
}

TEST_P(CompoundTest, ComparesAndSets) {
  Store store = open();
  for_each_form([&](const NamedLayout& layout, std::string_view key) {
    const std::string old = "one" + std::string(1, '\0') + "two";
    EXPECT_FALSE(store.compare_and_set(key, "", "new").value());
    expect_missing(store, key);
    put(store, key, old, layout.layout);
    for (const std::string& other : {std::string(), std::string("one"), old + '\0', old + "x",
                                     std::string("one two"), std::string(20'000, 'x')}) {
      EXPECT_FALSE(store.compare_and_set(key, other, "new").value());
      expect_value(store, key, old);
    }
    EXPECT_TRUE(store.compare_and_set(key, old, "").value());
    expect_value(store, key, "");
    EXPECT_TRUE(store.compare_and_set(key, "", std::string(20'000, 'n')).value());
    EXPECT_TRUE(store.compare_and_set(key, std::string(20'000, 'n'), "new").value());
    expect_value(store, key, "new");
    EXPECT_TRUE(store.del(key).value());
  });
}

TEST_P(CompoundTest, IncrementsUpToTheLimitsOfSixtyFourBits) {
  Store store = open();
  for_each_form([&](const NamedLayout& layout, std::string_view key) {
    EXPECT_EQ(store.increment(key).value(), 1);
    EXPECT_EQ(store.increment(key, -3).value(), -2);
    expect_value(store, key, "-2");
    put(store, key, std::to_string(kHighest - 2), layout.layout);
    EXPECT_EQ(store.increment(key, 2).value(), kHighest);
    expect_error(store.increment(key), ErrorCode::kNotANumber);
    expect_value(store, key, "9223372036854775807");
    EXPECT_EQ(store.increment(key, kLowest).value(), -1);
    expect_error(store.increment(key, kLowest), ErrorCode::kNotANumber);
    expect_value(store, key, "-1");
    EXPECT_EQ(store.increment(key, -kHighest).value(), kLowest);
    expect_error(store.increment(key, -1), ErrorCode::kNotANumber);
    expect_value(store, key, "-9223372036854775808");
    EXPECT_EQ(store.increment(key, 0).value(), kLowest);
    expect_layout(store, key, layout.name);
    EXPECT_TRUE(store.del(key).value());
  });
}

TEST_P(CompoundTest, RefusesToIncrementAValueThatIsNotANumber) {
  using namespace std::string_literals;
  const std::string values[] = {"",
                                " 1",
                                "1 ",
                                "+1",
                                "01",
                                "-01",
                                "-0",
                                "00",
                                "1.0",
                                "1e3",
                                "0x10",
                                "-",
                                "--1",
                                "1,000",
                                "one",
                                "1\n"s,
                                "1\0"s,
                                "\0001"s,
                                "9223372036854775808",
                                "-9223372036854775809",
                                std::string(5'000, '9')};
  Store store = open();
  for_each_form([&](const NamedLayout& layout, std::string_view key) {
    const Deadline later = deadline_in(1h);
    for (const std::string& value : values) {
      SCOPED_TRACE(testing::PrintToString(value.substr(0, 40)));
      put(store, key, value, layout.layout, later);
      const auto refused = store.increment(key);
      expect_error(refused, ErrorCode::kNotANumber);
      EXPECT_EQ(refused.error().category(), ErrorCategory::kUsage);
      expect_value(store, key, value);
      EXPECT_EQ(store.deadline(key).value().value().deadline, later);
      expect_layout(store, key, layout.name);
    }
  });
}

TEST_P(CompoundTest, AppendsToTheValue) {
  Store store = open();
  for_each_form([&](const NamedLayout& layout, std::string_view key) {
    EXPECT_EQ(store.append(key, "one").value(), 3U);
    expect_value(store, key, "one");
    std::string expected;
    put(store, key, expected, layout.layout);
    for (const std::size_t length : {1U, 0U, 4U, 15U, 239U, 20'000U, 1U}) {
      const std::string tail(length, static_cast<char>('a' + length % 26));
      expected += tail;
      EXPECT_EQ(store.append(key, tail).value(), expected.size());
      expect_value(store, key, expected);
    }
    EXPECT_TRUE(store.del(key).value());
  });
}

TEST_P(CompoundTest, OverwritesAPartAndPadsWithZeros) {
  using namespace std::string_literals;
  const struct {
    std::string old;
    std::uint64_t offset;
    std::string part;
    std::string expected;
  } cases[] = {
      {"Hello World", 6, "Redis", "Hello Redis"},
      {"Hello", 0, "J", "Jello"},
      {"Hello", 4, "ow many", "Hellow many"},
      {"Hello", 5, "!", "Hello!"},
      {"Hello", 8, "!", "Hello\0\0\0!"s},
      {"", 0, "x", "x"},
      {"", 3, "x", "\0\0\0x"s},
      {"Hello", 2, "", "Hello"},
      {"Hello", 100, "", "Hello"},
      {"Hello", 5, "\0"s, "Hello\0"s},
      {"a", 20'000, "z", "a" + std::string(19'999, '\0') + "z"},
  };
  Store store = open();
  for (const auto& range : cases)
    for_each_form([&](const NamedLayout& layout, std::string_view key) {
      put(store, key, range.old, layout.layout);
      EXPECT_EQ(store.set_range(key, range.offset, range.part).value(), range.expected.size());
      expect_value(store, key, range.expected);
    });
  for_each_form([&](const NamedLayout&, std::string_view key) {
    ASSERT_TRUE(store.del(key));
    EXPECT_EQ(store.set_range(key, 5, "").value(), 0U);
    expect_missing(store, key);
    EXPECT_EQ(store.set_range(key, 5, "x").value(), 6U);
    expect_value(store, key, std::string(5, '\0') + "x");
  });
}

TEST_P(CompoundTest, ReadsARangeByTheRulesOfRedis) {
  const struct {
    std::int64_t first;
    std::int64_t last;
    std::string_view expected;
  } cases[] = {
      {0, 3, "This"},
      {-3, -1, "ing"},
      {0, -1, "This is a string"},
      {10, 100, "string"},
      {5, 5, "i"},
      {0, 0, "T"},
      {15, 15, "g"},
      {-1, -1, "g"},
      {-100, 3, "This"},
      {-100, -13, "This"},
      // Both positions before the beginning: the first byte, as in Redis.
      {-100, -50, "T"},
      {-50, -100, ""},
      {-1, -3, ""},
      {5, 2, ""},
      {16, 20, ""},
      {100, 200, ""},
      {3, -20, ""},
      {kLowest, kHighest, "This is a string"},
      {0, kHighest, "This is a string"},
      {kLowest, kLowest, "T"},
      {kLowest, -1, "This is a string"},
      {kHighest, kHighest, ""},
      {kHighest, kLowest, ""},
  };
  Store store = open();
  for_each_form([&](const NamedLayout& layout, std::string_view key) {
    put(store, key, "This is a string", layout.layout);
    for (const auto& [first, last, expected] : cases)
      EXPECT_EQ(store.get_range(key, first, last).value(), expected) << first << " to " << last;
    put(store, key, "", layout.layout);
    for (const auto& range : cases) EXPECT_EQ(*store.get_range(key, range.first, range.last), "");
    EXPECT_TRUE(store.del(key).value());
    for (const auto& range : cases) EXPECT_EQ(*store.get_range(key, range.first, range.last), "");
  });
}

/// The destination of a rename or copy.
struct Destination {
  std::string_view key;
  std::optional<Layout> layout;  ///< The layout of its previous value; unset if there is none.
};

std::vector<Destination> destinations() {
  std::vector<Destination> all;
  for (const std::string_view key : {"cupboard", "another key that is no name"}) {
    all.push_back({key, std::nullopt});
    for (const NamedLayout& layout : kEveryLayout) all.push_back({key, layout.layout});
  }
  return all;
}

/// Calls `visit` for values of every layout and several lengths, with and without a deadline,
/// stored at `key`, with every destination.
template <class Visit>
void for_each_transfer(Store& store, Visit visit) {
  for_each_form([&](const NamedLayout& layout, std::string_view key) {
    for (const Destination& to : destinations())
      for (const std::size_t length : {0U, 5'000U})
        for (const auto& deadline : {std::optional<Deadline>(), std::optional(deadline_in(1h))}) {
          SCOPED_TRACE("to " + std::string(to.key) + ", " + std::to_string(length) + " bytes");
          const std::string value(length, 'v');
          put(store, key, value, layout.layout, deadline);
          if (to.layout) put(store, to.key, "what was there", *to.layout, deadline_in(2h));
          visit(key, to, value, [&, deadline = deadline](std::string_view at) {
            expect_value(store, at, value);
            expect_layout(store, at, layout.name);
            EXPECT_EQ(store.deadline(at).value().value().deadline, deadline);
          });
          ASSERT_TRUE(store.del(key));
          ASSERT_TRUE(store.del(to.key));
        }
  });
}

TEST_P(CompoundTest, RenamesAValueWithItsDeadlineAndLayout) {
  Store store = open();
  for_each_transfer(store, [&](std::string_view key, const Destination& to, const std::string&,
                               const auto& expect_all_of_it) {
    EXPECT_TRUE(store.rename(key, to.key).value());
    expect_missing(store, key);
    expect_all_of_it(to.key);
    EXPECT_TRUE(store.rename(to.key, key, true).value());
    expect_missing(store, to.key);
    expect_all_of_it(key);
  });
  EXPECT_THAT(store.keys().value(), IsEmpty());
}

TEST_P(CompoundTest, DoesNotRenameToAnExistingKeyIfOnlyIfAbsent) {
  Store store = open();
  for_each_transfer(store, [&](std::string_view key, const Destination& to, const std::string&,
                               const auto& expect_all_of_it) {
    EXPECT_EQ(store.rename(key, to.key, true).value(), !to.layout);
    expect_all_of_it(to.layout ? key : to.key);
    if (to.layout) expect_value(store, to.key, "what was there");
  });
}

TEST_P(CompoundTest, CopiesAValueWithItsDeadlineAndLayout) {
  Store store = open();
  for_each_transfer(store, [&](std::string_view key, const Destination& to, const std::string&,
                               const auto& expect_all_of_it) {
    EXPECT_EQ(store.copy(key, to.key).value(), !to.layout);
    if (to.layout) expect_value(store, to.key, "what was there");
    expect_all_of_it(key);
    EXPECT_TRUE(store.copy(key, to.key, true).value());
    expect_all_of_it(key);
    expect_all_of_it(to.key);
  });
}

TEST_P(CompoundTest, WritesManyKeysEachWithItsDeadline) {
  Store store = open();
  expect_set(store, "there", "before");
  const Deadline later = deadline_in(1h);
  const Deadline passed = deadline_in(-1s);
  std::vector<std::string> keys;
  for (int number = 0; number < 300; ++number) keys.push_back("key" + std::to_string(number));
  const std::string long_value(3'000, 'x');
  std::vector<KeyValue> pairs;
  for (std::size_t at = 0; at < keys.size(); ++at) {
    KeyValue pair{.key = keys[at], .value = at % 50 == 7 ? std::string_view(long_value) : keys[at]};
    if (at % 3 > 0) pair.deadline = later + std::chrono::milliseconds(at);
    pairs.push_back(pair);
  }
  pairs.push_back({.key = "there", .value = "late", .deadline = passed});
  pairs.push_back({.key = "never there", .value = "late", .deadline = passed});
  pairs.push_back({.key = "twice", .value = "late", .deadline = passed});
  pairs.push_back({.key = "twice", .value = "in time", .deadline = later});
  pairs.push_back({.key = "twice removed", .value = "in time", .deadline = later});
  pairs.push_back({.key = "twice removed", .value = "late", .deadline = passed});
  // With and without long pairs in the table, and over what the first round has written.
  for (int round = 0; round < 2; ++round) {
    std::size_t reported = 0;
    ASSERT_TRUE(store.set_all(pairs, [&](std::size_t, const Result<void>& written) {
      ++reported;
      EXPECT_TRUE(written);
    }));
    EXPECT_EQ(reported, pairs.size());
    for (std::size_t at = 0; at < keys.size(); ++at) {
      expect_value(store, keys[at], pairs[at].value);
      EXPECT_EQ(store.deadline(keys[at]).value().value().deadline, pairs[at].deadline);
    }
    for (const char* const key : {"there", "never there", "twice removed"})
      expect_missing(store, key);
    expect_value(store, "twice", "in time");
    EXPECT_EQ(store.deadline("twice").value().value().deadline, later);
  }
  // Without a deadline a key lives for ever again.
  const std::vector<KeyValue> for_ever{{keys[1], "for ever"}};
  ASSERT_TRUE(store.set_all(for_ever));
  EXPECT_EQ(store.deadline(keys[1]).value().value().deadline, std::nullopt);
}

// Another Store that does not know of the table's first deadline must not find the key later on.
TEST_P(CompoundTest, EndsTheKeysOfManyAtTheirDeadlines) {
  Store store = open();
  Store other = open();
  expect_set(store, "stays", "value");
  EXPECT_TRUE(other.exists("stays").value());
  const Deadline soon = deadline_in(50ms);
  std::vector<std::string> keys;
  for (int number = 0; number < 100; ++number) keys.push_back("key" + std::to_string(number));
  std::vector<KeyValue> pairs;
  for (const std::string& key : keys) pairs.push_back({key, "value", soon});
  ASSERT_TRUE(store.set_all(pairs));
  std::this_thread::sleep_until(soon);
  const std::vector<std::string_view> wanted(keys.begin(), keys.end());
  EXPECT_EQ(other.del_all(wanted).value(), 0U);
  for (const std::string& key : keys) expect_missing(store, key);
  EXPECT_THAT(store.keys().value(), ElementsAre("stays"));
}

TEST_P(CompoundTest, RenamesAndCopiesAKeyToItselfAndNoneToNothing) {
  Store store = open();
  for_each_form([&](const NamedLayout& layout, std::string_view key) {
    const Deadline later = deadline_in(1h);
    put(store, key, "same", layout.layout, later);
    EXPECT_TRUE(store.rename(key, key).value());
    EXPECT_FALSE(store.rename(key, key, true).value());
    EXPECT_TRUE(store.copy(key, key, true).value());
    EXPECT_FALSE(store.copy(key, key).value());
    expect_value(store, key, "same");
    EXPECT_EQ(store.deadline(key).value().value().deadline, later);
    for (const bool flag : {false, true}) {
      EXPECT_FALSE(store.rename("none", key, flag).value());
      EXPECT_FALSE(store.copy("none", key, flag).value());
      EXPECT_FALSE(store.rename("none", "none", flag).value());
      EXPECT_FALSE(store.copy("none", "none", flag).value());
    }
    expect_value(store, key, "same");
  });
  EXPECT_THAT(store.keys().value(), testing::SizeIs(std::size(kBothKeys)));
}

/// Compound writes that extend `old` by `tail`.
using Growth = void (*)(Store& store, std::string_view key, const std::string& old,
                        const std::string& tail);
constexpr Growth kGrowths[] = {
    [](Store& store, std::string_view key, const std::string& old, const std::string& tail) {
      EXPECT_EQ(store.append(key, tail).value(), old.size() + tail.size());
    },
    [](Store& store, std::string_view key, const std::string& old, const std::string& tail) {
      EXPECT_EQ(store.set_range(key, old.size(), tail).value(), old.size() + tail.size());
    },
    [](Store& store, std::string_view key, const std::string& old, const std::string& tail) {
      EXPECT_TRUE(store.compare_and_set(key, old, old + tail).value());
    },
};

TEST_F(DrawerCompoundTest, KeepsAChosenLayoutAsLongAsTheValueFits) {
  const struct {
    Layout layout;
    std::size_t length;
    std::size_t tail;
    std::string_view then;
  } cases[] = {
      // A layout that is the default for the value follows the default.
      {Layout::kIpv4, 250, 6, "ipv4"},
      {Layout::kIpv4, 250, 7, "comment"},
      {Layout::kComment, 257, 1, "comment"},
      // Another layout was chosen explicitly and is kept,
      {Layout::kIpv4, 257, 1, "ipv4"},
      {Layout::kIpv6, 10, 1, "ipv6"},
      {Layout::kIpv6, 250, 20'000, "ipv6"},
      {Layout::kComment, 5, 1, "comment"},
      {Layout::kCounters, 5, 1, "counters"},
      {Layout::kCounters, 250, 20'000, "counters"},
      // until there is no more room.
      {Layout::kIpv4, kMaxIpv4Bytes - 1, 1, "ipv4"},
      {Layout::kIpv4, kMaxIpv4Bytes, 1, "comment"},
      {Layout::kIpv6, kMaxIpv6Bytes, 1, "comment"},
      {Layout::kCounters, kMaxCountersBytes - 16, 16, "counters"},
      {Layout::kCounters, kMaxCountersBytes - 16, 1, "comment"},
      {Layout::kCounters, kMaxCountersBytes, 1, "comment"},
  };
  Store store = open();
  for (const auto& [layout, length, tail, then] : cases)
    for (const Growth grow : kGrowths) {
      SCOPED_TRACE(std::to_string(length) + " and " + std::to_string(tail) + " bytes");
      const std::string old(length, 'o');
      put(store, "drawer", old, layout);
      grow(store, "drawer", old, std::string(tail, 't'));
      expect_value(store, "drawer", old + std::string(tail, 't'));
      expect_layout(store, "drawer", then);
    }
}

TEST_P(CompoundTest, KeepsTheLayoutOfANumber) {
  Store store = open();
  for_each_form([&](const NamedLayout& layout, std::string_view key) {
    put(store, key, "98", layout.layout);
    EXPECT_EQ(store.increment(key, 2).value(), 100);
    expect_layout(store, key, layout.name);
  });
}

// In the layout `counters`, elements for a deadline or a key reduce the room for the value.
TEST_F(DrawerCompoundTest, ChangesTheLayoutIfThereIsNoRoomForTheDeadlineOrKey) {
  Store store = open();
  const std::string value(kMaxCountersBytes, 'v');
  put(store, "drawer", value, Layout::kCounters);
  EXPECT_TRUE(store.copy("drawer", "a key that is no name").value());
  expect_value(store, "a key that is no name", value);
  expect_value(store, "drawer", value);
  const Deadline later = deadline_in(1h);
  EXPECT_TRUE(store.expire("drawer", later).value());
  expect_value(store, "drawer", value);
  EXPECT_EQ(store.deadline("drawer").value().value().deadline, later);
  put(store, "drawer", value, Layout::kCounters);
  EXPECT_TRUE(store.rename("drawer", "another that is no name").value());
  expect_value(store, "another that is no name", value);
  EXPECT_THAT(store.keys().value(),
              ElementsAre("a key that is no name", "another that is no name"));
}

TEST_F(DrawerCompoundTest, LeavesTheOldValueAfterAnError) {
  Store store = open();
  for_each_form([&](const NamedLayout& layout, std::string_view key) {
    const Deadline later = deadline_in(1h);
    put(store, key, "old", layout.layout, later);
    const std::string too_long(kMaxIpv6Bytes + 1, 'x');
    for (const If condition : {If::kAlways, If::kPresent})
      for (const Layout other : {Layout::kIpv4, Layout::kIpv6, Layout::kCounters}) {
        const SetOptions options{
            .condition = condition, .keep_deadline = true, .return_old = true, .layout = other};
        expect_error(store.set(key, too_long, options), ErrorCode::kValueTooLong);
      }
    expect_error(store.increment(key), ErrorCode::kNotANumber);
    expect_error(store.set_range(key, kMaxValueBytes, "x"), ErrorCode::kValueTooLong);
    expect_error(store.rename(key, ""), ErrorCode::kKeyEmpty);
    expect_error(store.copy(key, "", true), ErrorCode::kKeyEmpty);
    expect_value(store, key, "old");
    EXPECT_EQ(store.deadline(key).value().value().deadline, later);
    expect_layout(store, key, layout.name);
    // The lock is not left held either.
    EXPECT_EQ(store.append(key, "er").value(), 5U);
  });
}

}  // namespace
}  // namespace ipsetkv::tests
