// SPDX-License-Identifier: MIT

// Saving and restoring tables: by ipsetkv and by the stock tool.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "ipsetkv/store.h"
#include "store/store_fixture.h"

namespace ipsetkv::tests {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Options in_table(std::string name = "t") {
  Options options;
  options.table = std::move(name);
  return options;
}

struct Kept {
  std::string key;
  std::string value;
  std::optional<Deadline> deadline;
};

/// Pairs of all kinds, enough of them for several buckets.
std::vector<Kept> all_kinds() {
  std::vector<Kept> all = {
      {"short", "value", {}},
      {"empty", "", {}},
      {"lives", "value", deadline_in(1h)},
      {"lives long", std::string(2'000, 'l'), deadline_in(24h * 365)},
      {"long", std::string(20'000, 'x'), {}},
      {"long zeros", std::string(1'000, '\0'), {}},
      {std::string(5'000, 'k'), "of a long key", {}},
      {std::string("a\0b \"\n\\=", 8), std::string("\0\"\\@1\n", 6), {}},
  };
  for (int number = 0; number < 200; ++number)
    all.push_back({"key" + std::to_string(number), "value " + std::to_string(number), {}});
  return all;
}

void put_all(Store& store, const std::vector<Kept>& all) {
  for (const Kept& kept : all)
    ASSERT_TRUE(store.set(kept.key, kept.value, SetOptions{.expire_at = kept.deadline}));
}

void expect_all(Store& store, const std::vector<Kept>& all) {
  for (const Kept& kept : all) {
    expect_value(store, kept.key, kept.value);
    EXPECT_EQ(store.deadline(kept.key).value().value().deadline, kept.deadline)
        << kept.key.substr(0, 40);
  }
  EXPECT_THAT(store.keys().value(), testing::SizeIs(all.size()));
}

std::string saved_text(Store& store) {
  std::string text;
  const auto saved = store.save([&](std::string_view part) -> Result<void> {
    text += part;
    return {};
  });
  EXPECT_TRUE(saved) << saved.error().message();
  return text;
}

Result<void> restore(Store& store, const std::string& text, IfExists if_exists = IfExists::kFail) {
  std::string_view rest = text;
  RestoreResult result;
  return store.restore(
      [&]() -> Result<std::string_view> {
        const std::string_view part = rest.substr(0, 1'000);
        rest.remove_prefix(part.size());
        return part;
      },
      if_exists, result);
}

class TableArchiveTest : public StoreTest {};

TEST_F(TableArchiveTest, BringsEveryPairBack) {
  const auto all = all_kinds();
  Store store = open(in_table());
  put_all(store, all);
  const std::string text = saved_text(store);
  EXPECT_TRUE(store.drop().value());
  const auto restored = restore(store, text);
  ASSERT_TRUE(restored) << restored.error().message();
  expect_all(store, all);
  enter_private_namespace();
  Store other = open(in_table());
  ASSERT_TRUE(restore(other, text));
  expect_all(other, all);
}

TEST_F(TableArchiveTest, KeepsWhenEachMarkWasSet) {
  Store store = open(in_table());
  ASSERT_TRUE(store.set("expiring", "value", SetOptions{.expire_at = deadline_in(1h)}));
  std::this_thread::sleep_for(20ms);
  expect_set(store, "long", std::string(3'000, 'x'));
  const auto marks_of = [](const std::string& text) {
    std::vector<std::string> marks;
    for (const char* const mark : {"deadlines since ", "long pairs since "}) {
      const std::size_t begin = text.find(mark);
      marks.push_back(
          begin == std::string::npos ? "none" : text.substr(begin, text.find('"', begin) - begin));
    }
    return marks;
  };
  const auto marks = marks_of(ipset("save ~:t"));
  EXPECT_NE(marks[0].substr(marks[0].rfind(' ')), marks[1].substr(marks[1].rfind(' ')));
  EXPECT_EQ(marks_of(saved_text(store)), marks);
  Store other = open(in_table());
  EXPECT_EQ(marks_of(saved_text(other)), marks);
}

TEST_F(TableArchiveTest, IsRestoredByTheStockToolAsItWas) {
  const auto all = all_kinds();
  std::string text;
  {
    Store store = open(in_table());
    put_all(store, all);
    text = saved_text(store);
  }
  enter_private_namespace();
  ipset("restore", text);
  Store store = open(in_table());
  expect_all(store, all);
  // It is a whole table, index and marks included.
  expect_set(store, "long", "short");
  expect_value(store, "long", "short");
  EXPECT_TRUE(store.sweep());
  EXPECT_EQ(store.table_info().value().value().long_pairs, 3U);
  EXPECT_TRUE(store.drop().value());
  EXPECT_THAT(set_names(), IsEmpty());
}

TEST_F(TableArchiveTest, IsReadAsTheStockToolSavesIt) {
  const auto all = all_kinds();
  Store store = open(in_table());
  put_all(store, all);
  const std::string text = ipset("save");
  EXPECT_TRUE(store.drop().value());
  const auto restored = restore(store, text);
  ASSERT_TRUE(restored) << restored.error().message();
  expect_all(store, all);
}

TEST_F(TableArchiveTest, ReplacesOrKeepsKeysOnlyWhereItMay) {
  Store store = open(in_table());
  expect_set(store, "a", "saved");
  expect_set(store, "b", std::string(3'000, 's'));
  const std::string text = saved_text(store);
  expect_set(store, "a", "newer");
  expect_set(store, "b", "newer");
  expect_error(restore(store, text), ErrorCode::kKeyExists);
  expect_value(store, "a", "newer");
  expect_value(store, "b", "newer");
  ASSERT_TRUE(restore(store, text, IfExists::kKeep));
  expect_value(store, "a", "newer");
  ASSERT_TRUE(restore(store, text, IfExists::kReplace));
  expect_value(store, "a", "saved");
  expect_value(store, "b", std::string(3'000, 's'));
}

TEST_F(TableArchiveTest, IsNotTakenForDrawersNorDrawersForIt) {
  Store table = open(in_table());
  Store drawers = open();
  expect_set(table, "key", "in the table");
  const std::string of_table = saved_text(table);
  EXPECT_TRUE(table.drop().value());
  expect_set(drawers, "key", "in a drawer");
  const std::string of_drawers = saved_text(drawers);
  EXPECT_TRUE(drawers.del("key").value());
  for (const auto& [store, text] :
       {std::pair(&table, &of_drawers), std::pair(&drawers, &of_table)}) {
    const auto restored = restore(*store, *text);
    expect_error(restored, ErrorCode::kBadLine);
    EXPECT_EQ(restored.error().line_fault, LineFault::kOtherStore);
    EXPECT_EQ(restored.error().actual, 2U);
  }
  Store other = open(in_table("other"));
  const auto restored = restore(other, of_table);
  expect_error(restored, ErrorCode::kBadLine);
  EXPECT_EQ(restored.error().line_fault, LineFault::kOtherStore);
  EXPECT_THAT(set_names(), IsEmpty());
}

// The faults of single lines are in archive_reader_test.cc; here it is what a table makes of them.
TEST_F(TableArchiveTest, SaysWhichLineIsSpoiled) {
  Store store = open(in_table());
  expect_set(store, "key", "value");
  const std::string text = saved_text(store);
  EXPECT_TRUE(store.drop().value());
  const std::size_t place = text.find("key\\=value");
  ASSERT_NE(place, std::string::npos) << text;
  const auto line = 1 + static_cast<std::uint64_t>(std::count(
                            text.begin(), text.begin() + static_cast<std::ptrdiff_t>(place), '\n'));
  const struct {
    std::string_view part;
    LineFault fault;
  } cases[] = {
      {"kez\\=value", LineFault::kNotTheKey},
      {"key=value", LineFault::kNotInValue},
      {"key\\=value\\@x", LineFault::kNotInValue},
  };
  for (const auto& [part, fault] : cases) {
    std::string spoiled = text;
    spoiled.replace(place, std::string_view("key\\=value").size(), part);
    const auto restored = restore(store, spoiled);
    expect_error(restored, ErrorCode::kBadLine);
    EXPECT_EQ(restored.error().line_fault, fault) << part;
    EXPECT_EQ(restored.error().actual, line);
    expect_missing(store, "key");
  }
}

TEST_F(TableArchiveTest, SavesNothingOfATableThatIsNotThere) {
  Store store = open(in_table());
  const std::string text = saved_text(store);
  EXPECT_THAT(text, testing::Not(HasSubstr("create")));
  ASSERT_TRUE(restore(store, text));
  EXPECT_THAT(all_set_names(), IsEmpty());
}

}  // namespace
}  // namespace ipsetkv::tests
