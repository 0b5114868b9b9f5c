// SPDX-License-Identifier: MIT
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/netlink.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

#include "ipsetkv/store.h"
#include "store/forms.h"
#include "store/readers.h"
#include "store/store_fixture.h"
#include "support/full_length.h"
#include "support/process.h"

namespace ipsetkv::tests {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

using SweepTest = StoreTest;

/// A live owner, as others see it: a netlink socket with this port id.
class LivePort {
 public:
  explicit LivePort(std::uint32_t port)
      : descriptor_(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER)) {
    sockaddr_nl address{};
    address.nl_family = AF_NETLINK;
    address.nl_pid = port;
    EXPECT_EQ(bind(descriptor_, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  }
  LivePort(const LivePort&) = delete;
  LivePort& operator=(const LivePort&) = delete;
  ~LivePort() { close(descriptor_); }

 private:
  int descriptor_;
};

constexpr std::uint32_t kPort = 1'234'567'890;
const std::string kSpare = "~1234567890";
const std::string kLock = "~1234567890-3";

/// Creates the sets left by a writer that dies while it changes the type of a key's set.
std::vector<std::string> leave_sets_of_a_writer() {
  const std::array<std::string, 4> types = {"hash:ip,port", "hash:ip,port family inet6",
                                            "hash:ip,port comment",
                                            "bitmap:port range 0-3 counters"};
  std::vector<std::string> names = {kSpare, kLock, "~new-3", "~wait-3"};
  for (std::size_t number = 0; number < names.size(); ++number) {
    // A lock has only one type.
    const std::string& type = types[names[number] == kLock ? 0 : 3 - number];
    ipset("create " + names[number] + " " + type);
  }
  return names;
}

TEST_F(SweepTest, RemovesLeftoversOfADeadWriter) {
  Store store = open();
  expect_set(store, "drawer", "notebook");
  const auto before = saved_sets();
  const auto left = leave_sets_of_a_writer();
  EXPECT_EQ(store.sweep().value().leftovers, left.size());
  EXPECT_EQ(saved_sets(), before);
  EXPECT_EQ(store.sweep().value().leftovers, 0U);
  store = open();
  EXPECT_THAT(all_set_names(), ElementsAre("drawer"));
  expect_value(store, "drawer", "notebook");
}

TEST_F(SweepTest, SparesTheSetsOfALiveWriter) {
  Store store = open();
  const auto used = leave_sets_of_a_writer();
  ipset("add " + kSpare + " 1 packets 5 bytes 6");
  const auto before = saved_sets();
  {
    const LivePort writer(kPort);
    EXPECT_EQ(store.sweep().value().leftovers, 0U);
    EXPECT_EQ(saved_sets(), before);
  }
  EXPECT_EQ(store.sweep().value().leftovers, used.size());
  store = open();
  EXPECT_THAT(all_set_names(), IsEmpty());
}

TEST_F(SweepTest, SparesTheSpareSetOfAnOpenStore) {
  Store writer = open();
  for (const NamedLayout& layout : kEveryLayout)
    for (const char* value : {"one", "two", "three"}) {
      SCOPED_TRACE(layout.name);
      ASSERT_TRUE(writer.set("drawer", value, SetOptions{.layout = layout.layout}));
      const auto before = saved_sets();
      EXPECT_EQ(open().sweep().value().leftovers, 0U);
      EXPECT_EQ(writer.sweep().value().leftovers, 0U);
      EXPECT_EQ(saved_sets(), before);
      expect_value(writer, "drawer", value);
    }
  EXPECT_THAT(spare_sets(), testing::SizeIs(1));
}

TEST_F(SweepTest, SparesForeignSetsWithSimilarNames) {
  for (const char* name : {"~",
                           "~x",
                           "~name",
                           "~-1",
                           "~1-",
                           "~1-x",
                           "~1-2-3",
                           "~1 2",
                           "~x1",
                           "~1x",
                           "~+1",
                           "~007",

                           "~1234567890-16",
                           "~1234567890-03",
                           "~4294967296",
                           "~99999999999",
                           "~lock",
                           "~lock-",
                           "~lock-x",
                           "~lock-16",
                           "~lock-01",
                           "~new",
                           "~new-16",
                           "~new-00",
                           "~wait",
                           "~wait-16",
                           "~wait-1x",
                           "~key",
                           "~key-1",
                           "~Key-aaaaaaaaaaaaaaaaaaaaaaaaaa"})
    EXPECT_EQ(run({"ipset", "create", name, "hash:ip,port"}).status, 0) << name;
  const std::string before = ipset("save");
  {
    Store store = open();
    EXPECT_EQ(store.sweep().value().leftovers, 0U);
    EXPECT_EQ(ipset("save"), before);
    expect_set(store, "drawer", "notebook");
    EXPECT_TRUE(store.del("drawer").value());
    ASSERT_TRUE(store.sweep());
  }
  EXPECT_EQ(ipset("save"), before);
}

/// Replaces one value and increments another until `stop` is set. Returns the number of rounds, or
/// a negative number if a call failed.
std::int64_t write_until_stopped(const std::atomic<bool>& stop) {
  auto store = Store::open({.timeout = kPatient});
  std::int64_t count = 0;
  for (; store && !stop; ++count) {
    const SetOptions options{.layout = kEveryLayout[count % 4].layout};
    if (!store->set("drawer", std::string(300, 'v'), options)) return -2;
    if (!store->increment("counter")) return -3;
  }
  return store ? count : -1;
}

TEST_F(SweepTest, DoesNotDisturbConcurrentWriters) {
  struct Counts {
    std::atomic<bool> stop{false};
    std::atomic<std::int64_t> writes[2] = {0, 0};
  };
  const Shared<Counts> counts;
  std::vector<pid_t> writers;
  for (auto& writes : counts->writes)
    writers.push_back(start_process([&] {
      writes = write_until_stopped(counts->stop);
      return writes > 0 ? 0 : 1;
    }));
  Store store = open();
  int sweeps = 0;
  const auto end = std::chrono::steady_clock::now() + (full_length() ? 60'000ms : 1'000ms);
  for (; std::chrono::steady_clock::now() < end; ++sweeps) EXPECT_TRUE(store.sweep());
  counts->stop = true;
  for (const pid_t writer : writers) EXPECT_EQ(wait_for(writer), 0);
  const std::int64_t total = counts->writes[0] + counts->writes[1];
  EXPECT_EQ(store.increment("counter", 0).value(), total);
  expect_value(store, "drawer", std::string(300, 'v'));
  std::cout << sweeps << " sweeps during " << total << " rounds" << std::endl;
}

}  // namespace
}  // namespace ipsetkv::tests
