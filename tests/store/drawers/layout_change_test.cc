// SPDX-License-Identifier: MIT
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <iostream>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ipsetkv/store.h"
#include "store/forms.h"
#include "store/readers.h"
#include "store/store_fixture.h"
#include "support/full_length.h"

namespace ipsetkv::tests {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;
using std::chrono::steady_clock;
using testing::SizeIs;

using LayoutChangeTest = StoreTest;

/// How a value is stored.
struct Form {
  NamedLayout layout;
  std::size_t length;
  std::optional<Deadline> deadline;

  [[nodiscard]] std::string name() const {
    return std::string(layout.name) + " of " + std::to_string(length) +
           (deadline ? " with a deadline" : "");
  }
};

std::vector<Form> every_form() {
  std::vector<Form> forms;
  for (const NamedLayout& layout : kEveryLayout)
    for (const std::size_t length : {0U, 9U, 5'000U})
      for (const auto& deadline : {std::optional<Deadline>(), std::optional(deadline_in(1h))})
        forms.push_back({layout, length, deadline});
  return forms;
}

void put(Store& store, std::string_view key, const Form& form, char letter) {
  const auto done = store.set(key, std::string(form.length, letter),
                              {.expire_at = form.deadline, .layout = form.layout.layout});
  EXPECT_TRUE(done) << done.error().message();
}

TEST_F(LayoutChangeTest, PutsAValueOfEveryFormInThePlaceOfEveryOther) {
  Store store = open();
  for (const std::string_view key : kBothKeys)
    for (const Form& before : every_form())
      for (const Form& after : every_form()) {
        SCOPED_TRACE(after.name() + " after " + before.name());
        put(store, key, before, 'o');
        put(store, key, after, 'n');
        expect_value(store, key, std::string(after.length, 'n'));
        expect_layout(store, key, after.layout.name);
        EXPECT_EQ(store.deadline(key).value().value().deadline, after.deadline);
      }
  EXPECT_THAT(store.keys().value(), SizeIs(std::size(kBothKeys)));
  store = open();
  EXPECT_THAT(set_names(), SizeIs(std::size(kBothKeys)));
}

TEST_F(LayoutChangeTest, MakesReadersLookForAMissingKeyUnderTheLock) {
  Store store = open();
  Store beside = Store::open({.timeout = 20ms}).value();
  // Reads while the other has the lock.
  const auto read_beside = [&] {
    std::optional<Result<bool>> read;
    std::string value;
    EXPECT_TRUE(store.update("drawer", value, [&](const Found*) -> Result<Update> {
      std::string own;
      read = beside.get("drawer", own);
      return Update{};
    }));
    return *read;
  };
  EXPECT_EQ(read_beside().value(), false);
  for (const NamedLayout& layout : kEveryLayout)
    ASSERT_TRUE(store.set("drawer", "notebook", SetOptions{.layout = layout.layout}));
  ASSERT_TRUE(store.del("drawer"));
  const auto unsure = read_beside();
  ASSERT_FALSE(unsure);
  EXPECT_EQ(unsure.error().code, ErrorCode::kLocked);
  expect_missing(beside, "drawer");
  EXPECT_EQ(store.sweep().value().leftovers, 0U);
  EXPECT_EQ(read_beside().value(), false);
}

/// Goes round the layouts and lengths, with and without a deadline, for so long; how often.
long go_round(std::string_view key, const TellingValues& values, milliseconds time) {
  Store store = Store::open({.timeout = kPatient}).value();
  long count = 0;
  const auto end = steady_clock::now() + time;
  for (; steady_clock::now() < end && !testing::Test::HasFailure(); ++count) {
    const auto number = static_cast<std::size_t>(count);
    const std::size_t layout = number % std::size(kEveryLayout);
    SetOptions options{.layout = kEveryLayout[layout].layout};
    if (number % 3 == 0) options.expire_at = deadline_in(1h);
    const auto done = store.set(key, values.value(number / std::size(kEveryLayout)), options);
    EXPECT_TRUE(done) << done.error().message();
  }
  return count;
}

/// Readers in other processes never miss a value, and never see but a whole one.
void watch_changes(std::string_view key, const TellingValues& values, long least) {
  EXPECT_GT(go_round(key, values, 1ms), 0);
  watch(key, values, 2, 0, [&] {
    const long count = go_round(key, values, full_length() ? 60'000ms : 1'500ms);
    EXPECT_GT(count, least);
    std::cout << count << " replacements" << std::endl;
  });
}

const TellingValues kShortValues({1, 400, 8, 0, 64});
// These need several parts to read and several sends to write.
const TellingValues kLongValues({20'000, 1, 5'000, 0, 40'000});

TEST_F(LayoutChangeTest, ShowsReadersNothingButWholeValues) {
  watch_changes(kBothKeys[0], kShortValues, 1'000);
}
TEST_F(LayoutChangeTest, ShowsReadersNothingButWholeValuesOfAKeyThatIsNoName) {
  watch_changes(kBothKeys[1], kShortValues, 1'000);
}
TEST_F(LayoutChangeTest, ShowsReadersNothingButWholeLongValues) {
  watch_changes(kBothKeys[0], kLongValues, 10);
}

}  // namespace
}  // namespace ipsetkv::tests
