// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <new>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ipsetkv/store.h"
#include "store/process.h"
#include "store/store_fixture.h"
#include "store/traced_process.h"

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

/// How many system calls `work` makes in each of a number of rounds, done by a child with a Store
/// of its own. The first round, which may cost more, is left out.
///
/// Each round is framed by a call that nobody makes otherwise.
template <class Work>
std::vector<int> system_calls_of(Work work) {
  TracedProcess child([&] {
    auto store = Store::open();
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

TEST_F(CostTest, OfReadingIsThreeSystemCalls) {
  Store store = open();
  for (const std::size_t size : {0U, 8U, 64U}) {
    SCOPED_TRACE(size);
    expect_set(store, "drawer", std::string(size, 'x'));
    for (const int calls : system_calls_of(
             [](Store&own, std::string&value) { return own.get("drawer", value).value_or(false); }))
      EXPECT_LE(calls, 3);
  }
}

TEST_F(CostTest, OfReplacingAgainIsTwoSystemCallsOrSixForALongValue) {
  for (const auto& [size, limit] : {std::pair(8U, 2), {64U, 2}, {256U, 2}, {1'024U, 6}}) {
    SCOPED_TRACE(size);
    const std::string next(size, 'x');
    const auto calls = system_calls_of(
        [&](Store& own, std::string&) { return own.set("drawer", next).has_value(); });
    // The second write still makes its spare set, and whoever is kept from running for a second
    // looks again at what is there; the usual write is what counts.
    EXPECT_LE(*std::min_element(calls.begin(), calls.end()), limit);
  }
}

TEST_F(CostTest, OfReadingAgainIsNoAllocation) {
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

TEST_F(CostTest, OfReplacingAgainIsNoAllocation) {
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

TEST_F(CostTest, OfFailingIsNoAllocation) {
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
