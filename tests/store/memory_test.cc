// SPDX-License-Identifier: MIT
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstddef>
#include <string>

#include "ipsetkv/store.h"
#include "store/store_fixture.h"
#include "support/memory_cgroup.h"
#include "support/process.h"

namespace ipsetkv::tests {
namespace {

using testing::HasSubstr;
using testing::Le;
using testing::SizeIs;

using MemoryTest = StoreTest;

// For the sets that these values need, the kernel takes half a mebibyte at least in one piece.
constexpr std::size_t kRoom = std::size_t{480} * 1024;

struct Large {
  Layout layout;
  std::size_t bytes;
};

/// What became of a write in a process that may take no more than `kRoom` from now on.
struct Refusal {
  bool prepared = false;
  bool refused = false;
  Error error;
  bool short_one_taken = false;
};

void write_in(MemoryCgroup& cgroup, const Large& large, Refusal& told) {
  auto store = Store::open();
  const std::string value(large.bytes, 'x');
  // With this it has all of its own memory that it takes to write such a value.
  told.prepared = store && store->set("first", value, SetOptions{.layout = large.layout}) &&
                  store->del("first") && store->set("first", "short") && store->del("first") &&
                  cgroup.take(getpid());
  if (!told.prepared) return;
  const auto written = store->set("drawer", value, SetOptions{.layout = large.layout});
  told.refused = !written;
  if (!written) told.error = written.error();
  told.short_one_taken = store->set("pencil", "short").has_value();
}

TEST_F(MemoryTest, ThatTheKernelRefusesLeavesTheOldValue) {
  const auto cgroup = MemoryCgroup::make();
  if (!cgroup) GTEST_SKIP() << "there is no memory cgroup of version 1 that this user may make";
  ASSERT_TRUE(cgroup->limit(kRoom));
  Store store = open();
  for (const Large& large :
       {Large{Layout::kCounters, kMaxCountersBytes}, Large{Layout::kIpv4, kMaxIpv4Bytes}}) {
    SCOPED_TRACE(large.bytes);
    expect_set(store, "drawer", "old");
    const Shared<Refusal> told;
    EXPECT_EQ(wait_for(start_process([&] {
                write_in(*cgroup, large, *told);
                return 0;
              })),
              0);
    ASSERT_TRUE(told->prepared);
    ASSERT_TRUE(told->refused);
    EXPECT_EQ(told->error.code, ErrorCode::kNoMemory);
    EXPECT_THAT(told->error.message(), HasSubstr("drawer: "));
    EXPECT_THAT(told->error.message(), HasSubstr("out of memory; the old value is unchanged"));
    EXPECT_TRUE(told->short_one_taken);
    expect_value(store, "drawer", "old");
    expect_value(store, "pencil", "short");
    // Nor does anything lie about.
    ASSERT_TRUE(store.del("drawer").value());
    ASSERT_TRUE(store.del("pencil").value());
    EXPECT_THAT(spare_sets(), SizeIs(Le(1)));
    ASSERT_TRUE(store.set("drawer", std::string(large.bytes, 'y'), {.layout = large.layout}));
  }
}

}  // namespace
}  // namespace ipsetkv::tests
