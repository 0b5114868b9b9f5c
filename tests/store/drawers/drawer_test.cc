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

using DrawerTest = StoreTest;

TEST_F(DrawerTest, LeavesNothingBesidesTheValuesWhenItIsClosed) {
  {
    Store store = open();
    for (const char* value : {"one", "two", "three"}) expect_set(store, "drawer", value);
    expect_set(store, "other", std::string(10'000, 'x'));
    expect_set(store, "other", "short");
    EXPECT_THAT(store.keys().value(), ElementsAre("drawer", "other"));
  }
  auto names = set_names();
  std::sort(names.begin(), names.end());
  EXPECT_THAT(names, ElementsAre("drawer", "other"));
}

TEST_F(DrawerTest, KeepsOneSpareSetAtMost) {
  Store store = open();
  for (int round = 0; round < 20; ++round) {
    const std::string key = "key" + std::to_string(round % 3);
    expect_set(store, key, std::string(static_cast<std::size_t>(round * 100), 'x'));
    EXPECT_LE(spare_sets().size(), 1U);
  }
}

TEST_F(DrawerTest, TellsWhatTheSetIsThatHoldsAValue) {
  Store store = open();
  expect_set(store, "drawer", "notebooks");
  const KeyInfo info = store.info("drawer").value().value();
  EXPECT_EQ(info.key, "drawer");
  EXPECT_EQ(info.set_name, "drawer");
  EXPECT_EQ(info.type, "hash:ip,port");
  EXPECT_EQ(info.layout, "ipv4");
  EXPECT_EQ(info.elements, 3U);
  EXPECT_EQ(info.value_bytes, 9U);
  EXPECT_EQ(std::to_string(info.kernel_memory), listed("drawer", "Size in memory"));
}

TEST_F(DrawerTest, LeavesNoSetAtAllAfterASweep) {
  Store store = open();
  for (int number = 0; number < 100; ++number)
    expect_set(store, "key" + std::to_string(number), std::string(20, 'x'));
  for (int number = 0; number < 100; ++number)
    EXPECT_TRUE(store.del("key" + std::to_string(number)).value());
  {
    Store other = open();
    EXPECT_TRUE(other.sweep());
    expect_set(store, "drawer", "notebook");
    expect_value(store, "drawer", "notebook");
    EXPECT_TRUE(store.del("drawer").value());
    EXPECT_EQ(other.sweep().value().leftovers, 0U);
  }
  store = open();
  EXPECT_THAT(all_set_names(), IsEmpty());
}

}  // namespace
}  // namespace ipsetkv::tests
