// SPDX-License-Identifier: MIT
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iterator>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "ipsetkv/store.h"
#include "store/forms.h"
#include "store/readers.h"
#include "store/store_fixture.h"
#include "support/process.h"

namespace ipsetkv::tests {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::IsEmpty;

class ExpiryTest : public AnyStoreTest {};
INSTANTIATE_TEST_SUITE_P(Any, ExpiryTest, every_store(), name_of_store);
/// Tests that apply to drawers only.
using DrawerExpiryTest = StoreTest;

Deadline now() { return deadline_in(0ms); }

/// Two lengths for every layout: one that fits into one send and one part of a dump, and one that
/// takes several.
constexpr std::size_t kLengths[] = {100, 20'000};

void set_expiring(Store& store, std::string_view key, std::string_view value, Deadline deadline,
                  Layout layout = Layout::kAuto) {
  const auto done = store.set(key, value, SetOptions{.expire_at = deadline, .layout = layout});
  ASSERT_TRUE(done) << done.error().message();
  EXPECT_TRUE(done->written);
}

void expect_deadline(Store& store, std::string_view key, std::optional<Deadline> expected) {
  const auto found = store.deadline(key);
  ASSERT_TRUE(found) << found.error().message();
  ASSERT_TRUE(*found) << key << " is missing";
  EXPECT_EQ((*found)->deadline, expected);
}

/// A call whose result shows whether the key exists.
struct Probe {
  std::string name;
  std::function<bool(Store& store, std::string_view key)> key_exists;
};

std::vector<Probe> probes() {
  return {
      {"get", [](Store& store, auto key) { return store.get(key).value().has_value(); }},
      {"exists", [](Store& store, auto key) { return store.exists(key).value(); }},
      {"info", [](Store& store, auto key) { return store.info(key).value().has_value(); }},
      {"deadline", [](Store& store, auto key) { return store.deadline(key).value().has_value(); }},
      {"get_range", [](Store& store, auto key) { return !store.get_range(key, 0, 0)->empty(); }},
      {"keys", [](Store& store, auto) { return !store.keys().value().empty(); }},
      {"scan", [](Store& store, auto) { return !store.scan(0).value().keys.empty(); }},
      {"set with --nx",
       [](Store& store, auto key) {
         return !store.set(key, "x", SetOptions{.condition = SetOptions::If::kAbsent})->written;
       }},
      {"compare_and_set",
       [](Store& store, auto key) { return store.compare_and_set(key, "7", "7").value(); }},
      {"increment", [](Store& store, auto key) { return store.increment(key, 0).value() == 7; }},
      {"append", [](Store& store, auto key) { return store.append(key, "").value() == 1; }},
      {"copy", [](Store& store, auto key) { return store.copy(key, key, true).value(); }},
  };
}

TEST_P(ExpiryTest, IsExactToTheMillisecondForEveryOperation) {
  Store store = open();
  for (const auto& probe : probes())
    for_each_form([&](const NamedLayout& layout, std::string_view key) {
      SCOPED_TRACE(probe.name);
      const Deadline deadline = deadline_in(5ms);
      set_expiring(store, key, "7", deadline, layout.layout);
      for (bool exists = true; exists;) {
        const Deadline before = now();
        exists = probe.key_exists(store, key);
        const Deadline after = now();
        if (exists)
          EXPECT_LT(before, deadline) << "exists after its deadline";
        else
          EXPECT_GE(after, deadline) << "missing before its deadline";
        ASSERT_LT(before, deadline + 10s);
      }
      ASSERT_TRUE(store.del(key));
    });
}

/// The lines of `ipset save` for the set of `key`.
std::vector<std::string> saved_lines(Store& store, std::string_view key) {
  std::istringstream text(ipset("save " + store.info(key).value().value().set_name));
  std::vector<std::string> lines;
  for (std::string line; std::getline(text, line);) lines.push_back(line);
  return lines;
}

/// The number after the word `option` in a line.
std::optional<std::uint64_t> number_after(const std::string& option, const std::string& line) {
  const auto words = words_of(line);
  const auto found = std::find(words.begin(), words.end(), option);
  if (found == words.end() || found + 1 == words.end()) return std::nullopt;
  return std::stoull(*(found + 1));
}

std::string with_number_after(const std::string& option, const std::string& line,
                              std::uint64_t number) {
  const std::size_t place = line.find(" " + option + " ") + option.size() + 2;
  std::string changed = line.substr(0, place) + std::to_string(number);
  return changed + line.substr(std::min(line.find(' ', place), line.size()));
}

/// The timeouts of all elements in seconds; 0: none.
std::vector<std::uint64_t> timeouts_in(const std::vector<std::string>& lines) {
  std::vector<std::uint64_t> timeouts;
  for (const std::string& line : lines)
    if (line.starts_with("add ")) timeouts.push_back(number_after("timeout", line).value());
  return timeouts;
}

/// Rewrites the value of `key` with the stock tool, reducing all timeouts so that the first element
/// expires in a second.
void let_the_kernel_expire_in_a_second(Store& store, std::string_view key) {
  const auto lines = saved_lines(store, key);
  auto timeouts = timeouts_in(lines);
  std::erase(timeouts, 0U);
  const std::uint64_t shortest = *std::min_element(timeouts.begin(), timeouts.end());
  std::string text;
  for (const std::string& line : lines) {
    const std::uint64_t timeout = number_after("timeout", line).value();
    const bool expires = line.starts_with("add ") && timeout > 0;
    text += (expires ? with_number_after("timeout", line, timeout - shortest + 1) : line) + "\n";
  }
  ASSERT_TRUE(store.del(key));
  ipset("restore", text);
}

/// Reads a value until it is gone. Fails if a read returns a part of it, or if it reappears.
/// Returns an exit status.
int read_until_expired(std::string_view key, std::string_view value) {
  auto store = Store::open({.timeout = kPatient});
  if (!store) return 1;
  std::string got;
  const auto limit = std::chrono::steady_clock::now() + kPatient;
  for (int missing = 0; missing < 3;) {
    const auto found = store->get(key, got);
    if (!found) return 2;
    if (*found && got != value) return 3;
    if (*found && missing > 0) return 4;
    if (!*found) ++missing;
    if (std::chrono::steady_clock::now() > limit) return 5;
    std::this_thread::sleep_for(1ms);
  }
  return 0;
}

// By the clock the value has an hour left, so only the kernel's timeouts make it expire.
TEST_F(DrawerExpiryTest, IsAtomicForReadersIfTheKernelExpiresFirst) {
  Store store = open();
  std::vector<pid_t> readers;
  for_each_form([&](const NamedLayout& layout, std::string_view stem) {
    const std::string key = std::string(layout.name) + std::string(stem);
    const std::string value(3'000, layout.name.front());
    set_expiring(store, key, value, deadline_in(1h), layout.layout);
    let_the_kernel_expire_in_a_second(store, key);
    readers.push_back(start_process([=] { return read_until_expired(key, value); }));
  });
  for (const pid_t reader : readers) EXPECT_EQ(wait_for(reader), 0);
  EXPECT_THAT(set_names(), IsEmpty());
}

TEST_F(DrawerExpiryTest, IsAtomicForReadersIfTheClockExpiresFirst) {
  Store store = open();
  for_each_form([&](const NamedLayout& layout, std::string_view key) {
    for (const std::size_t length : kLengths) {
      const std::string value(length, 'v');
      set_expiring(store, key, value, deadline_in(20ms), layout.layout);
      std::vector<pid_t> readers;
      for (int count = 0; count < 2; ++count)
        readers.push_back(start_process([=] { return read_until_expired(key, value); }));
      for (const pid_t reader : readers) EXPECT_EQ(wait_for(reader), 0);
    }
  });
  EXPECT_THAT(set_names(), IsEmpty());
}

// The kernel's timeouts are in whole seconds and one second longer than needed, because readers
// compare the exact deadline.
TEST_F(DrawerExpiryTest, IsEnforcedByTheKernelWithoutAnyProcess) {
  const Deadline deadline = deadline_in(1s);
  const std::string mark = " packets " + std::to_string(deadline.time_since_epoch().count()) + " ";
  ASSERT_EQ(wait_for(start_process([=] {
              Store store = open();
              for_each_form([&](const NamedLayout& layout, std::string_view key) {
                set_expiring(store, std::string(layout.name) + std::string(key),
                             std::string(2'000, 'v'), deadline, layout.layout);
              });
              return HasFailure() ? 1 : 0;
            })),
            0);
  const auto names = set_names();
  ASSERT_EQ(names.size(), std::size(kEveryLayout) * std::size(kBothKeys));
  for (std::size_t left = names.size(); left > 0;) {
    const Deadline before = now();
    left = 0;
    for (const std::string& name : names)
      if (ipset("save " + name).find(mark) != std::string::npos) ++left;
    if (now() < deadline) {
      EXPECT_EQ(left, names.size()) << "removed before the deadline";
    }
    if (before > deadline + 2500ms) {
      EXPECT_EQ(left, 0U) << "still there after the deadline";
    }
    ASSERT_LT(before, deadline + 10s);
    std::this_thread::sleep_for(20ms);
  }
}

TEST_F(DrawerExpiryTest, IsStoredUpToTenYearsAhead) {
  constexpr auto kLongestOfTheKernel = std::chrono::seconds(2'147'483 - 2 * 60);
  const struct {
    milliseconds life;
    bool kernel_counts;
  } cases[] = {
      {1h, true},
      {kLongestOfTheKernel - 60s, true},
      {kLongestOfTheKernel + 60s, false},
      {24h * 365, false},
      {24h * 3'652, false},
  };
  Store store = open();
  for (const auto& [life, kernel_counts] : cases)
    for_each_form([&, life = life, kernel_counts = kernel_counts](const NamedLayout& layout,
                                                                  std::string_view key) {
      SCOPED_TRACE(life.count());
      const Deadline deadline = deadline_in(life) + 123ms;
      set_expiring(store, key, "notebooks", deadline, layout.layout);
      expect_value(store, key, "notebooks");
      expect_deadline(store, key, deadline);
      const auto timeouts = timeouts_in(saved_lines(store, key));
      const auto longest = *std::max_element(timeouts.begin(), timeouts.end());
      EXPECT_LE(longest, 2'147'483U);
      EXPECT_EQ(longest > 0, kernel_counts);
    });
}

TEST_P(ExpiryTest, AppliesToTheEmptyValue) {
  Store store = open();
  for_each_form([&](const NamedLayout& layout, std::string_view key) {
    const Deadline later = deadline_in(1h);
    set_expiring(store, key, "", later, layout.layout);
    expect_value(store, key, "");
    expect_deadline(store, key, later);
    expect_layout(store, key, layout.name);
    EXPECT_TRUE(store.persist(key).value());
    expect_value(store, key, "");
    expect_deadline(store, key, std::nullopt);

    const Deadline soon = deadline_in(2ms);
    EXPECT_TRUE(store.expire(key, soon).value());
    while (now() < soon) std::this_thread::sleep_for(1ms);
    expect_missing(store, key);
  });
}

TEST_P(ExpiryTest, IsRemovedByAPlainSetAndKeptWithKeepDeadline) {
  Store store = open();
  for_each_form([&](const NamedLayout& layout, std::string_view key) {
    const Deadline later = deadline_in(1h);
    const SetOptions keep{.keep_deadline = true, .layout = layout.layout};
    ASSERT_TRUE(store.set(key, "one", keep));
    expect_deadline(store, key, std::nullopt);
    set_expiring(store, key, "two", later, layout.layout);
    ASSERT_TRUE(store.set(key, std::string(2'000, '3'), keep));
    expect_value(store, key, std::string(2'000, '3'));
    expect_deadline(store, key, later);
    set_expiring(store, key, "four", later + 1ms, layout.layout);
    expect_deadline(store, key, later + 1ms);
    expect_set(store, key, "five");
    expect_value(store, key, "five");
    expect_deadline(store, key, std::nullopt);
  });
}

TEST_P(ExpiryTest, IsKeptByCompoundWrites) {
  Store store = open();
  for_each_form([&](const NamedLayout& layout, std::string_view key) {
    const Deadline later = deadline_in(1h);
    set_expiring(store, key, "7", later, layout.layout);
    EXPECT_TRUE(store.compare_and_set(key, "7", "8").value());
    expect_deadline(store, key, later);
    EXPECT_EQ(store.increment(key).value(), 9);
    expect_deadline(store, key, later);
    EXPECT_EQ(store.append(key, "0").value(), 2U);
    expect_deadline(store, key, later);
    EXPECT_EQ(store.set_range(key, 1, "1").value(), 2U);
    expect_deadline(store, key, later);
    expect_value(store, key, "91");
  });
}

TEST_P(ExpiryTest, IsChangedByPersistAndExpireWithoutChangingValueAndLayout) {
  Store store = open();
  EXPECT_FALSE(store.persist("none").value());
  EXPECT_FALSE(store.expire("none", deadline_in(1h)).value());
  for_each_form([&](const NamedLayout& layout, std::string_view key) {
    for (const std::size_t length : kLengths) {
      const std::string value(length, 'v');
      ASSERT_TRUE(store.set(key, value, SetOptions{.layout = layout.layout}));
      EXPECT_FALSE(store.persist(key).value());
      for (const Deadline deadline : {deadline_in(1h), deadline_in(2h), deadline_in(24h * 365)}) {
        EXPECT_TRUE(store.expire(key, deadline).value());
        expect_deadline(store, key, deadline);
        expect_value(store, key, value);
        expect_layout(store, key, layout.name);
      }
      EXPECT_TRUE(store.persist(key).value());
      EXPECT_FALSE(store.persist(key).value());
      expect_deadline(store, key, std::nullopt);
      expect_value(store, key, value);
      expect_layout(store, key, layout.name);
    }
  });
  EXPECT_THAT(store.keys().value(), testing::SizeIs(2));
}

TEST_P(ExpiryTest, IsSetOnlyUnderItsCondition) {
  const Deadline present = deadline_in(1h);
  const Deadline earlier = present - 1ms;
  const Deadline later = present + 1ms;
  const Deadline past = deadline_in(-1h);
  const struct {
    std::string name;
    ExpireIf condition;
    std::optional<Deadline> before;
    Deadline wanted;
    bool holds;
  } cases[] = {
      {"always, of none", ExpireIf::kAlways, {}, present, true},
      {"always, of one", ExpireIf::kAlways, present, earlier, true},
      {"always, past", ExpireIf::kAlways, present, past, true},
      {"has none, of none", ExpireIf::kHasNone, {}, present, true},
      {"has none, of none, past", ExpireIf::kHasNone, {}, past, true},
      {"has none, of one", ExpireIf::kHasNone, present, later, false},
      {"has none, of one, past", ExpireIf::kHasNone, present, past, false},
      {"has one, of none", ExpireIf::kHasOne, {}, present, false},
      {"has one, of none, past", ExpireIf::kHasOne, {}, past, false},
      {"has one, of one", ExpireIf::kHasOne, present, later, true},
      {"has one, of one, past", ExpireIf::kHasOne, present, past, true},
      {"later, of none", ExpireIf::kLater, {}, later, false},
      {"later, than it is", ExpireIf::kLater, present, later, true},
      {"later, as it is", ExpireIf::kLater, present, present, false},
      {"later, but earlier", ExpireIf::kLater, present, earlier, false},
      {"later, but past", ExpireIf::kLater, present, past, false},
      {"earlier, of none", ExpireIf::kEarlier, {}, later, true},
      {"earlier, of none, past", ExpireIf::kEarlier, {}, past, true},
      {"earlier, than it is", ExpireIf::kEarlier, present, earlier, true},
      {"earlier, as it is", ExpireIf::kEarlier, present, present, false},
      {"earlier, but later", ExpireIf::kEarlier, present, later, false},
      {"earlier, past", ExpireIf::kEarlier, present, past, true},
  };
  Store store = open();
  for (const auto& expiry : cases)
    for_each_form([&](const NamedLayout& layout, std::string_view key) {
      SCOPED_TRACE(expiry.name);
      const SetOptions options{.expire_at = expiry.before, .layout = layout.layout};
      ASSERT_TRUE(store.set(key, "v", options));
      EXPECT_EQ(store.expire(key, expiry.wanted, expiry.condition).value(), expiry.holds);
      if (expiry.holds && expiry.wanted == past) return expect_missing(store, key);
      expect_value(store, key, "v");
      expect_deadline(store, key, expiry.holds ? expiry.wanted : expiry.before);
    });
}

TEST_F(DrawerExpiryTest, InThePastRemovesTheKeyIfTheConditionHolds) {
  Store store = open();
  const Deadline moments[] = {deadline_in(-1ms), Deadline(0ms), Deadline(-1ms), Deadline::min()};
  for (const Deadline past : moments)
    for_each_form([&](const NamedLayout& layout, std::string_view key) {
      SCOPED_TRACE(past.time_since_epoch().count());
      SetOptions options{.expire_at = past, .return_old = true, .layout = layout.layout};
      expect_set(store, key, "old");
      auto done = store.set(key, "new", options).value();
      EXPECT_TRUE(done.written);
      EXPECT_EQ(done.old, "old");
      expect_missing(store, key);
      EXPECT_TRUE(store.set(key, "new", options)->written);
      expect_missing(store, key);

      expect_set(store, key, "old");
      options.condition = SetOptions::If::kAbsent;
      EXPECT_FALSE(store.set(key, "new", options)->written);
      expect_value(store, key, "old");
      EXPECT_TRUE(store.expire(key, past).value());
      expect_missing(store, key);
      EXPECT_FALSE(store.expire(key, past).value());
    });
  EXPECT_THAT(spare_sets(), testing::SizeIs(testing::Le(1)));
}

/// Stores values of every layout that have expired by the clock, and returns their keys.
std::vector<std::string> leave_expired_by_clock(Store& store) {
  std::vector<std::string> keys;
  for_each_form([&](const NamedLayout& layout, std::string_view stem) {
    keys.push_back(std::string(layout.name) + std::string(stem));
    // On a slow machine a deadline may have passed already, which removes the key; that is
    // harmless.
    set_expiring(store, keys.back(), std::string(300, '7'), deadline_in(20ms), layout.layout);
  });
  std::this_thread::sleep_for(21ms);
  return keys;
}

/// The same as the kernel leaves them: without the elements that hold the deadlines.
std::vector<std::string> leave_expired_by_kernel(Store& store) {
  std::vector<std::string> keys;
  const Deadline later = deadline_in(1h);
  for_each_form([&](const NamedLayout& layout, std::string_view stem) {
    keys.push_back("the kernel's " + std::string(layout.name) + std::string(stem));
    set_expiring(store, keys.back(), std::string(300, '7'), later, layout.layout);
    keys.push_back(std::string(layout.name) + std::string(stem));
    set_expiring(store, keys.back(), std::string(300, '7'), later, layout.layout);
  });
  const std::string mark = " packets " + std::to_string(later.time_since_epoch().count()) + " ";
  std::istringstream saved(ipset("save"));
  std::string commands;
  for (std::string line; std::getline(saved, line);)
    if (line.find(mark) != std::string::npos)
      commands += "del " + words_of(line).at(1) + " " + words_of(line).at(2) + "\n";
  EXPECT_EQ(std::count(commands.begin(), commands.end(), '\n'), std::ssize(keys));
  ipset("restore", commands);
  return keys;
}

/// Probes that do not create the key, including calls that return false if it does not exist.
std::vector<Probe> probes_that_create_no_key() {
  const auto xx = SetOptions{.condition = SetOptions::If::kPresent};
  std::vector<Probe> all = probes();
  std::erase_if(all, [](const Probe& probe) {
    return probe.name == "keys" || probe.name == "scan" || probe.name == "set with --nx" ||
           probe.name == "increment" || probe.name == "append";
  });
  const Probe others[] = {
      {"del", [](Store& store, auto key) { return store.del(key).value(); }},
      {"expire", [](Store& store, auto key) { return store.expire(key, deadline_in(1h)).value(); }},
      {"persist", [](Store& store, auto key) { return store.persist(key).value(); }},
      {"set with --xx", [=](Store& store, auto key) { return store.set(key, "x", xx)->written; }},
      {"set_range", [](Store& store, auto key) { return *store.set_range(key, 9, "") > 0; }},
      {"rename", [](Store& store, auto key) { return store.rename(key, "x").value(); }},
  };
  all.insert(all.end(), std::begin(others), std::end(others));
  return all;
}

TEST_F(DrawerExpiryTest, FreesTheMemoryWhenTheKeyIsNextUsed) {
  for (const auto& [name, key_exists] : probes_that_create_no_key())
    for (const auto& leave : {leave_expired_by_clock, leave_expired_by_kernel}) {
      SCOPED_TRACE(name + (leave == leave_expired_by_clock ? ", by the clock" : ", by the kernel"));
      enter_private_namespace();
      Store writer = open();
      const auto keys = leave(writer);
      Store store = open();
      for (const std::string& key : keys) EXPECT_FALSE(key_exists(store, key)) << key;
      writer = open();
      EXPECT_THAT(set_names(), IsEmpty());
    }
}

TEST_F(DrawerExpiryTest, AllowsANewValueAfterExpiry) {
  for (const auto& leave : {leave_expired_by_clock, leave_expired_by_kernel}) {
    Store store = open();
    const auto keys = leave(store);
    EXPECT_THAT(store.keys().value(), IsEmpty());
    EXPECT_THAT(store.scan(0, "*", 1'000).value().keys, IsEmpty());
    ASSERT_TRUE(store.for_each("*", [](const KeyInfo& info) { ADD_FAILURE() << info.key; }));
    for (const std::string& key : keys) {
      expect_set(store, key, "next");
      expect_value(store, key, "next");
      expect_deadline(store, key, std::nullopt);
      EXPECT_TRUE(store.del(key).value());
    }
    store = open();
    EXPECT_THAT(set_names(), IsEmpty());
  }
}

TEST_F(DrawerExpiryTest, FreesOnlyTheMemoryOfExpiredKeysInASweep) {
  Store store = open();
  for_each_form([&](const NamedLayout& layout, std::string_view stem) {
    const std::string key = "stays " + std::string(layout.name) + std::string(stem);
    const SetOptions for_ever{.layout = layout.layout};
    ASSERT_TRUE(store.set(key, std::string(2'000, 'v'), for_ever));
    set_expiring(store, key + "!", std::string(2'000, 'v'), deadline_in(24h * 3'650),
                 layout.layout);
  });
  store = open();
  const std::string before = saved_sets();
  for (const auto& leave : {leave_expired_by_clock, leave_expired_by_kernel}) {
    std::size_t count = set_names().size();
    leave(store);
    store = open();
    count = set_names().size() - count;
    EXPECT_GT(count, 0U);
    EXPECT_EQ(store.sweep().value().expired, count);
    EXPECT_EQ(store.sweep().value().expired, 0U);
    EXPECT_EQ(saved_sets(), before);
  }
}

}  // namespace
}  // namespace ipsetkv::tests
