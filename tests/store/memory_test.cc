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

// The sets of these values need at least half a mebibyte of kernel memory in one piece.
constexpr std::size_t kRoom = std::size_t{480} * 1024;

struct Large {
  Layout layout;
  std::size_t bytes;
};

/// The outcome of a write in a process that may allocate at most `kRoom` more bytes.
struct Outcome {
  bool prepared = false;
  bool refused = false;
  Error error;
  bool short_value_written = false;
};

void write_in(MemoryCgroup& cgroup, const Large& large, Outcome& outcome) {
  auto store = Store::open();
  const std::string value(large.bytes, 'x');
  // This first write allocates all of the process's own memory that such a write needs.
  outcome.prepared = store && store->set("first", value, SetOptions{.layout = large.layout}) &&
                     store->del("first") && store->set("first", "short") && store->del("first") &&
                     cgroup.take(getpid());
  if (!outcome.prepared) return;
  const auto written = store->set("drawer", value, SetOptions{.layout = large.layout});
  outcome.refused = !written;
  if (!written) outcome.error = written.error();
  outcome.short_value_written = store->set("pencil", "short").has_value();
}

TEST_F(MemoryTest, KeepsTheOldValueIfTheKernelIsOutOfMemory) {
  const auto cgroup = MemoryCgroup::make();
  if (!cgroup) GTEST_SKIP() << "this user cannot create a memory cgroup of version 1";
  ASSERT_TRUE(cgroup->limit(kRoom));
  Store store = open();
  for (const Large& large :
       {Large{Layout::kCounters, kMaxCountersBytes}, Large{Layout::kIpv4, kMaxIpv4Bytes}}) {
    SCOPED_TRACE(large.bytes);
    expect_set(store, "drawer", "old");
    const Shared<Outcome> outcome;
    EXPECT_EQ(wait_for(start_process([&] {
                write_in(*cgroup, large, *outcome);
                return 0;
              })),
              0);
    ASSERT_TRUE(outcome->prepared);
    ASSERT_TRUE(outcome->refused);
    EXPECT_EQ(outcome->error.code, ErrorCode::kNoMemory);
    EXPECT_THAT(outcome->error.message(), HasSubstr("drawer: "));
    EXPECT_THAT(outcome->error.message(), HasSubstr("out of memory; the old value is unchanged"));
    EXPECT_TRUE(outcome->short_value_written);
    expect_value(store, "drawer", "old");
    expect_value(store, "pencil", "short");
    // Nothing is left over.
    ASSERT_TRUE(store.del("drawer").value());
    ASSERT_TRUE(store.del("pencil").value());
    EXPECT_THAT(spare_sets(), SizeIs(Le(1)));
    ASSERT_TRUE(store.set("drawer", std::string(large.bytes, 'y'), {.layout = large.layout}));
  }
}

}  // namespace
}  // namespace ipsetkv::tests
