// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <new>
#include <optional>
#include <string>
#include <vector>

#include "ipsetkv/store.h"
#include "store/store_fixture.h"
#include "store/traced_process.h"
#include "support/process.h"

namespace {

std::atomic<long> allocations{0};

void* allocate(std::size_t size) {
  ++allocations;
  void* const memory = std::malloc(size == 0 ? 1 : size);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

}  // namespace

void* operator new(std::size_t size) { return allocate(size); }
void* operator new[](std::size_t size) { return allocate(size); }
// Used by the sorting functions of the standard library.
void* operator new(std::size_t size, const std::nothrow_t& /*tag*/) noexcept {
  ++allocations;
  return std::malloc(size == 0 ? 1 : size);
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }

namespace ipsetkv::tests {
namespace {

using CostTest = StoreTest;

template <class Work>
long allocations_of(Work work) {
  const long before = allocations;
  work();
  return allocations - before;
}

constexpr int kRounds = 10;

/// The number of system calls of `work` in each of kRounds rounds, executed by a child with a Store
/// of its own. The first round, which may take more, is left out.
///
/// Each round begins and ends with getppid(2), which nothing else calls.
template <class Work>
std::vector<int> system_calls_of(Work work, const Options& options = {}) {
  TracedProcess child([&] {
    auto store = Store::open(options);
    if (!store) return 1;
    std::string value;
    value.reserve(kMaxIpv4Bytes);
    for (int round = 0; round <= kRounds; ++round) {
      syscall(SYS_getppid);
      const bool done = work(*store, value);
      syscall(SYS_getppid);
      if (!done) return 2;
    }
    return 0;
  });
  std::vector<int> calls;
  std::optional<int> counting;
  while (const auto stop = child.next()) {
    if (!stop->is_entry) continue;
    if (stop->call == SYS_getppid) {
      if (counting) calls.push_back(*counting);
      counting = counting ? std::nullopt : std::optional(0);
    } else if (counting) {
      ++*counting;
    }
  }
  EXPECT_EQ(child.status(), 0);
  EXPECT_EQ(calls.size(), kRounds + 1U);
  if (!calls.empty()) calls.erase(calls.begin());
  return calls;
}

struct Operation {
  const char* name;
  int calls;
  bool (*work)(Store& store, std::string& value);
};

/// Writes a value of `bytes` bytes.
template <std::size_t bytes>
bool replace(Store& store, std::string&) {
  static const std::string next(bytes, 'x');
  return store.set("drawer", next).has_value();
}

template <std::size_t bytes>
bool replace_and_read(Store& store, std::string& value) {
  return replace<bytes>(store, value) && store.get("drawer", value).value_or(false);
}

constexpr Deadline kNever{std::chrono::milliseconds(4'102'444'800'000)};

// The exact numbers, so that fewer calls are noticed, too, and recorded here. An empty value has no
// element to verify it by, so overwriting it begins and ends with a read.
const Operation kOperations[] = {
    {"set, 8 bytes", 2, replace<8>},
    {"set, 64 bytes", 2, replace<64>},
    {"set, 256 bytes", 2, replace<256>},
    {"set, 1 KiB", 6, replace<1'024>},
    {"set and get, 8 bytes", 5, replace_and_read<8>},
    {"set and get, 64 bytes", 5, replace_and_read<64>},
    {"set and get, 1 KiB", 9, replace_and_read<1'024>},
    {"set and get, nothing", 15, replace_and_read<0>},
    {"get, no such key", 6,
     [](Store& store, std::string& value) { return store.get("none", value) == false; }},
    {"exists", 3, [](Store& store, std::string&) { return store.exists("text") == true; }},
    {"set with a deadline", 9,
     [](Store& store, std::string&) {
       return store.set("expiring", "x", {.expire_at = kNever}).has_value();
     }},
    {"incr", 7, [](Store& store, std::string&) { return store.increment("number").has_value(); }},
    {"append", 7, [](Store& store, std::string&) { return store.append("text", "x").has_value(); }},
    {"cas", 7,
     [](Store& store, std::string&) { return store.compare_and_set("same", "x", "x") == true; }},
    {"set and del", 17,
     [](Store& store, std::string&) {
       return store.set("short", "x").has_value() && store.del("short") == true;
     }},
};

TEST_F(CostTest, OperationsOnDrawersMakeTheExpectedSystemCalls) {
  Store store = open();
  for (const char* const key : {"drawer", "text", "same"}) expect_set(store, key, "x");
  for (const Operation& operation : kOperations) {
    SCOPED_TRACE(operation.name);
    const auto calls = system_calls_of(operation.work);
    // The second write still creates its spare set, and a process that did not run for a second
    // verifies again what is stored; the minimum is the ordinary call.
    ASSERT_FALSE(calls.empty());
    EXPECT_EQ(*std::min_element(calls.begin(), calls.end()), operation.calls);
  }
}

const Operation kTableOperations[] = {
    {"set", 2, replace<8>},
    {"set and get", 5, replace_and_read<8>},
    {"get, no such key", 3,
     [](Store& store, std::string& value) { return store.get("none", value) == false; }},
    // One reply more: whether the table has deadlines.
    {"exists", 3, [](Store& store, std::string&) { return store.exists("text") == true; }},
    // `del` reads the deadline mark in a send of its own.
    {"set and del", 7,
     [](Store& store, std::string&) {
       return store.set("short", "x").has_value() && store.del("short") == true;
     }},
    {"incr", 7, [](Store& store, std::string&) { return store.increment("number").has_value(); }},
    {"set of three keys at once", 2,
     [](Store& store, std::string&) {
       static constexpr KeyValue kPairs[] = {{"a", "1"}, {"b", "2"}, {"c", "3"}};
       return store.set_all(kPairs).has_value();
     }},
    {"get of three keys at once", 3,
     [](Store& store, std::string&) {
       static constexpr std::string_view kKeys[] = {"a", "b", "c"};
       return store.get_all(kKeys, [](std::size_t, std::optional<std::string_view>) {}).has_value();
     }},
};

TEST_F(CostTest, OperationsOnATableMakeTheExpectedSystemCalls) {
  const Options in_table{.network_namespace = {}, .table = "t"};
  Store store = open(in_table);
  for (const char* const key : {"drawer", "text", "same"}) expect_set(store, key, "x");
  for (const Operation& operation : kTableOperations) {
    SCOPED_TRACE(operation.name);
    const auto calls = system_calls_of(operation.work, in_table);
    // Some writes also check how full their bucket is.
    ASSERT_FALSE(calls.empty());
    EXPECT_EQ(*std::min_element(calls.begin(), calls.end()), operation.calls);
  }
}

TEST_F(CostTest, OperationsOnATableDoNotAllocate) {
  Store store = open({.network_namespace = {}, .table = "t"});
  std::string value;
  value.reserve(kMaxIpv4Bytes);
  bool done = true;
  const auto work = [&] {
    done = done && store.set("drawer", "notebook").has_value() &&
           store.get("drawer", value).value_or(false) && store.exists("drawer") == true &&
           store.del("drawer") == true && store.get("drawer", value) == false;
  };
  work();
  EXPECT_EQ(allocations_of([&] {
              // Fewer writes than there are between two checks of a bucket.
              for (int round = 0; round < 2; ++round) work();
            }),
            0);
  EXPECT_TRUE(done);
}

TEST_F(CostTest, RepeatedReadsDoNotAllocate) {
  Store store = open();
  for (const std::size_t size : {0U, 8U, 64U, 20'000U}) {
    SCOPED_TRACE(size);
    expect_set(store, "drawer", std::string(size, 'x'));
    std::string value;
    bool found = store.get("drawer", value).value();
    EXPECT_EQ(allocations_of([&] {
                for (int round = 0; round < kRounds; ++round)
                  found = found && store.get("drawer", value).value_or(false);
              }),
              0);
    EXPECT_TRUE(found);
  }
}

TEST_F(CostTest, RepeatedWritesDoNotAllocate) {
  Store store = open();
  for (const std::size_t size : {0U, 8U, 64U, 20'000U}) {
    SCOPED_TRACE(size);
    const std::string next(size, 'x');
    expect_set(store, "drawer", next);
    bool done = true;
    EXPECT_EQ(allocations_of([&] {
                for (int round = 0; round < kRounds; ++round)
                  done = done && store.set("drawer", next).has_value();
              }),
              0);
    EXPECT_TRUE(done);
  }
}

TEST_F(CostTest, ErrorsDoNotAllocate) {
  ipset("create blocked hash:net");
  Store store = open();
  std::string value;
  expect_missing(store, "none");
  EXPECT_EQ(allocations_of([&] {
              (void)store.get("none", value);
              (void)store.get("blocked", value);
              (void)store.get("", value);
              (void)store.get("two words", value);
              (void)store.set("blocked", value);
              (void)store.del("none");
              (void)store.del("blocked");
            }),
            0);
}

}  // namespace
}  // namespace ipsetkv::tests
