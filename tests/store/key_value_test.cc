// SPDX-License-Identifier: MIT
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <map>
#include <optional>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "ipsetkv/store.h"
#include "store/store_fixture.h"
#include "store/values.h"
#include "support/corruption.h"
#include "support/process.h"

namespace ipsetkv::tests {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class KeyValueTest : public AnyStoreTest {};
INSTANTIATE_TEST_SUITE_P(Any, KeyValueTest, every_store(), name_of_store);

TEST_P(KeyValueTest, ReportsAMissingKeyInEveryCall) {
  Store store = open();
  expect_missing(store, "drawer");
  EXPECT_EQ(store.get("drawer").value(), std::nullopt);
  EXPECT_FALSE(store.exists("drawer").value());
  EXPECT_FALSE(store.del("drawer").value());
  EXPECT_FALSE(store.info("drawer").value().has_value());
  EXPECT_THAT(store.keys().value(), IsEmpty());
  EXPECT_THAT(set_names(), IsEmpty());
}

TEST_P(KeyValueTest, ReturnsTheStoredValue) {
  Store store = open();
  expect_set(store, "drawer", "notebook");
  expect_value(store, "drawer", "notebook");
  EXPECT_EQ(store.get("drawer").value(), "notebook");
  EXPECT_TRUE(store.exists("drawer").value());
  EXPECT_THAT(store.keys().value(), ElementsAre("drawer"));
}

TEST_P(KeyValueTest, DeletesAKey) {
  Store store = open();
  expect_set(store, "drawer", "notebook");
  EXPECT_TRUE(store.del("drawer").value());
  expect_missing(store, "drawer");
  EXPECT_FALSE(store.exists("drawer").value());
  EXPECT_FALSE(store.del("drawer").value());
  expect_set(store, "drawer", "pencil");
  expect_value(store, "drawer", "pencil");
}

TEST_P(KeyValueTest, AcceptsBytesAndText) {
  Store store = open();
  const std::byte bytes[] = {std::byte{1}, std::byte{0}, std::byte{255}};
  const auto done = store.set("drawer", std::span<const std::byte>(bytes));
  ASSERT_TRUE(done) << done.error().message();
  expect_value(store, "drawer", std::string_view("\1\0\xff", 3));
}

TEST_P(KeyValueTest, StoresEveryAwkwardValue) {
  Store store = open();
  const auto values = awkward_values();
  for (const auto& [name, value] : values) expect_set(store, name, value);
  for (const auto& [name, value] : values) {
    SCOPED_TRACE(name);
    expect_value(store, name, value);
    EXPECT_EQ(store.info(name).value().value().value_bytes, value.size());
  }
  EXPECT_THAT(store.keys().value(), SizeIs(values.size()));
}

TEST_P(KeyValueTest, ReplacesEveryAwkwardValueWithEveryOther) {
  Store store = open();
  const auto values = awkward_values();
  for (const auto& [old_name, old_value] : values)
    for (const auto& [name, value] : values) {
      SCOPED_TRACE(name + " after " + old_name);
      expect_set(store, "drawer", old_value);
      expect_set(store, "drawer", value);
      expect_value(store, "drawer", value);
    }
}

TEST_P(KeyValueTest, StoresTheLongestValues) {
  Store store = open();
  for (const auto& [name, value] : longest_values()) {
    SCOPED_TRACE(name);
    expect_set(store, "drawer", value);
    expect_value(store, "drawer", value);
    expect_set(store, "another", value);
    expect_value(store, "another", value);
    EXPECT_TRUE(store.del("another").value());
  }
}

TEST_P(KeyValueTest, StoresValuesThatGrowAndShrink) {
  Store store = open();
  constexpr std::size_t kLongest = 6'000'000;
  std::mt19937 random(1);
  for (std::size_t size = 1; size < kLongest; size = size * 3 + 1) {
    const std::string value = random_bytes(random, size);
    expect_set(store, "drawer", value);
    expect_value(store, "drawer", value);
    expect_set(store, "drawer", "short");
    expect_value(store, "drawer", "short");
  }
}

TEST_P(KeyValueTest, ReusesTheCallersString) {
  Store store = open();
  expect_set(store, "drawer", "notebook");
  std::string value(10'000, 'x');
  EXPECT_TRUE(store.get("drawer", value).value());
  EXPECT_EQ(value, "notebook");
  EXPECT_GE(value.capacity(), 10'000U);
  EXPECT_FALSE(store.get("none", value).value());
  EXPECT_EQ(value, "");
}

TEST_P(KeyValueTest, ShowsAValueToOtherStoresImmediately) {
  Store writer = open();
  Store reader = open();
  for (const std::string value : {"first", "second", "", "a somewhat longer one"}) {
    expect_set(writer, "drawer", value);
    expect_value(reader, "drawer", value);
  }
  // Each store continues with what the other has written.
  expect_set(reader, "drawer", "the reader's");
  expect_value(writer, "drawer", "the reader's");
  expect_set(writer, "drawer", "the writer's");
  expect_value(reader, "drawer", "the writer's");
  EXPECT_TRUE(reader.del("drawer").value());
  expect_missing(writer, "drawer");
  expect_set(writer, "drawer", "again");
  expect_value(reader, "drawer", "again");
}

TEST_P(KeyValueTest, KeepsAValueAfterItsWriterHasExited) {
  const int status = wait_for(start_process([] {
    Store store = open();
    return store.set("drawer", "notebook") ? 0 : 1;
  }));
  ASSERT_EQ(status, 0);
  Store store = open();
  expect_value(store, "drawer", "notebook");
}

TEST_P(KeyValueTest, WorksInThreadsAndChildrenWithTheirOwnStore) {
  Store store = open();
  expect_set(store, "drawer", "parent");
  std::thread([] {
    Store own = open();
    expect_value(own, "drawer", "parent");
    expect_set(own, "drawer", "thread");
  }).join();
  expect_value(store, "drawer", "thread");
  ASSERT_EQ(wait_for(start_process([] {
              Store own = open();
              return own.get("drawer").value() == "thread" && own.set("drawer", "child") ? 0 : 1;
            })),
            0);
  expect_value(store, "drawer", "child");
}

TEST_P(KeyValueTest, WorksAfterAMove) {
  Store first = open();
  expect_set(first, "drawer", "old");
  expect_set(first, "drawer", "notebook");
  Store second = std::move(first);
  expect_value(second, "drawer", "notebook");
  expect_set(second, "drawer", "pencil");

  Store third = open();
  expect_set(third, "drawer", "rubber");
  third = std::move(second);
  expect_value(third, "drawer", "rubber");
  expect_set(third, "drawer", "ruler");
  expect_value(third, "drawer", "ruler");
}

TEST_P(KeyValueTest, ListsKeysByPatternSortedByTheirBytes) {
  Store store = open();
  for (const char* key : {"pear", "Plum", "apple", "plum", "p*", "-k"}) expect_set(store, key, "x");
  EXPECT_THAT(store.keys().value(), ElementsAre("-k", "Plum", "apple", "p*", "pear", "plum"));
  EXPECT_THAT(store.keys("p*").value(), ElementsAre("p*", "pear", "plum"));
  EXPECT_THAT(store.keys("p\\*").value(), ElementsAre("p*"));
  EXPECT_THAT(store.keys("[pP]lu?").value(), ElementsAre("Plum", "plum"));
  EXPECT_THAT(store.keys("nothing").value(), IsEmpty());
  EXPECT_THAT(store.keys("").value(), IsEmpty());
}

TEST_P(KeyValueTest, ListsEachOfManyKeysOnce) {
  Store store = open();
  std::vector<std::string> expected;
  for (int number = 0; number < 500; ++number) {
    expected.push_back("key" + std::to_string(number));
    // Some values take several parts of a dump, so that sets and parts begin and end anywhere.
    const std::size_t size = number % 50 == 0 ? 20'000 : static_cast<std::size_t>(number % 70);
    expect_set(store, expected.back(), std::string(size, 'x'));
  }
  std::sort(expected.begin(), expected.end());
  EXPECT_EQ(store.keys().value(), expected);

  std::map<std::string, KeyInfo> visited;
  ASSERT_TRUE(store.for_each("*", [&](const KeyInfo& info) {
    EXPECT_TRUE(visited.emplace(info.key, info).second) << info.key << " a second time";
  }));
  EXPECT_THAT(visited, SizeIs(expected.size()));
  for (const auto& [key, info] : visited) {
    const auto number = static_cast<std::size_t>(std::stoi(key.substr(3)));
    EXPECT_EQ(info.value_bytes, number % 50 == 0 ? 20'000U : number % 70) << key;
  }
}

TEST_P(KeyValueTest, AcceptsEveryByteAnywhereInAKey) {
  Store store = open();
  std::vector<std::string> keys;
  for (int code = 0; code < 256; ++code) {
    const char byte = static_cast<char>(code);
    keys.push_back({byte});
    keys.push_back(std::string("k") + byte);
    keys.push_back(byte + std::string(40, 'k'));
  }
  keys.push_back(std::string(31, 'k'));
  keys.push_back(std::string(32, 'k'));
  keys.push_back(std::string(kMaxKeyBytes, 'k'));
  keys.push_back(std::string(kMaxKeyBytes, '\0'));
  keys.push_back("~lock-1");
  keys.push_back("two words");
  // The name of another key's set.
  expect_set(store, "two words", "x");
  keys.push_back(store.info("two words").value().value().set_name);
  for (const std::string& key : keys) expect_set(store, key, "value of " + key);
  for (const std::string& key : keys) expect_value(store, key, "value of " + key);
  std::sort(keys.begin(), keys.end());
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  EXPECT_EQ(store.keys().value(), keys);
  for (const std::string& key : keys) EXPECT_TRUE(store.del(key).value());
  EXPECT_THAT(store.keys().value(), IsEmpty());
}

TEST_P(KeyValueTest, RefusesInvalidKeysInEveryCall) {
  Store store = open();
  const struct {
    std::string key;
    ErrorCode code;
  } cases[] = {
      {"", ErrorCode::kKeyEmpty},
      {std::string(kMaxKeyBytes + 1, 'k'), ErrorCode::kKeyTooLong},
      {std::string(1'000'000, 'k'), ErrorCode::kKeyTooLong},
  };
  for (const auto& [key, code] : cases) {
    SCOPED_TRACE(key.substr(0, 40));
    std::string value = "what was there before";
    expect_error(store.get(key, value), code);
    EXPECT_EQ(value, "");
    expect_error(store.get(key), code);
    expect_error(store.set(key, "x"), code);
    expect_error(store.set(key, "x", SetOptions{.return_old = true}), code);
    expect_error(store.del(key), code);
    expect_error(store.exists(key), code);
    expect_error(store.info(key), code);
    expect_error(store.deadline(key), code);
    expect_error(store.expire(key, Deadline::max()), code);
    expect_error(store.persist(key), code);
    expect_error(store.compare_and_set(key, "x", "y"), code);
    expect_error(store.increment(key), code);
    expect_error(store.append(key, "x"), code);
    expect_error(store.set_range(key, 0, "x"), code);
    expect_error(store.get_range(key, 0, 1), code);
    expect_error(store.rename(key, "x"), code);
    expect_error(store.rename("x", key), code);
    expect_error(store.copy(key, "x"), code);
    expect_error(store.copy("x", key), code);
    EXPECT_EQ(store.set(key, "x").error().category(), ErrorCategory::kUsage);
  }
  EXPECT_THAT(all_set_names(), IsEmpty());
}

/// Compares random operations by two stores with a std::map. One of the stores is sometimes
/// reopened.
class Model {
 public:
  Model(std::string_view table, std::uint32_t seed) : table_(table), random_(seed) {
    for (int count = 0; count < 2; ++count) stores_.push_back(open());
  }

  void step() {
    Store& store = stores_[random_() % stores_.size()];
    const std::string key(1, static_cast<char>('a' + random_() % 6));
    switch (random_() % 8) {
      case 0:
        EXPECT_EQ(store.del(key).value(), values_.erase(key) == 1);
        break;
      case 1:
        EXPECT_EQ(store.exists(key).value(), values_.contains(key));
        break;
      case 2:
        check_info(store, key);
        break;
      case 3:
        if (random_() % 8 == 0) store = open();
        check_keys(store);
        break;
      case 4:
        check_value(store, key);
        break;
      default:
        values_[key] = value();
        expect_set(store, key, values_[key]);
        check_value(store, key);
    }
  }

  void check_everything() {
    for (Store& store : stores_) {
      check_keys(store);
      for (char key = 'a'; key < 'a' + 6; ++key) check_value(store, {key});
    }
  }

 private:
  std::string value() {
    static constexpr std::size_t kLimits[] = {5, 17, 17, 17, 300, 300, 3'000, 20'000};
    const std::size_t size = random_() % kLimits[random_() % std::size(kLimits)];
    std::string bytes = random_bytes(random_, size);
    // Zero bytes, because the layouts treat them specially.
    if (random_() % 2 == 0)
      for (char& byte : bytes)
        if (random_() % 4 != 0) byte = '\0';
    return bytes;
  }

  void check_value(Store& store, const std::string& key) {
    if (values_.contains(key))
      expect_value(store, key, values_[key]);
    else
      expect_missing(store, key);
  }

  void check_info(Store& store, const std::string& key) {
    const auto info = store.info(key).value();
    ASSERT_EQ(info.has_value(), values_.contains(key));
    if (!info) return;
    EXPECT_EQ(info->value_bytes, values_[key].size());
  }

  void check_keys(Store& store) const {
    std::vector<std::string> keys;
    for (const auto& [key, value] : values_) keys.push_back(key);
    EXPECT_EQ(store.keys().value(), keys);
  }

  [[nodiscard]] Store open() const {
    Options options;
    options.table = table_;
    return Store::open(options).value();
  }

  std::string table_;
  std::mt19937 random_;
  std::vector<Store> stores_;
  std::map<std::string, std::string> values_;
};

TEST_P(KeyValueTest, AgreesWithAMapAfterRandomOperations) {
  const std::uint32_t seed = test_seed();
  SCOPED_TRACE("IPSETKV_TEST_SEED=" + std::to_string(seed));
  Model model(GetParam(), seed);
  for (int step = 0; step < 4000 && !HasFailure(); ++step) model.step();
  model.check_everything();
}

}  // namespace
}  // namespace ipsetkv::tests
