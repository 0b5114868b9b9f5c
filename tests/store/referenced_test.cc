// SPDX-License-Identifier: MIT
#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ipsetkv/store.h"
#include "store/store_fixture.h"

namespace ipsetkv::tests {
namespace {

void run_line(const std::string& line) {
  const auto result = run(words_of(line));
  ASSERT_EQ(result.status, 0) << line << ": " << result.errors;
}

/// Whether the firewall drops an outgoing TCP packet to `address` and `port`.
bool is_dropped(const char* address, std::uint16_t port) {
  const int packets = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_TCP);
  EXPECT_GE(packets, 0);
  tcphdr packet{};
  packet.th_dport = htons(port);
  packet.th_off = 5;
  sockaddr_in target{};
  target.sin_family = AF_INET;
  inet_pton(AF_INET, address, &target.sin_addr);
  const ssize_t sent = sendto(packets, &packet, sizeof packet, 0,
                              reinterpret_cast<const sockaddr*>(&target), sizeof target);
  const int reason = errno;
  close(packets);
  EXPECT_TRUE(sent == sizeof packet || reason == EPERM) << reason;
  return sent < 0;
}

bool drops_notebook() {
  return is_dropped("110.111.116.101", 0) && is_dropped("98.111.111.107", 1);
}
bool drops_pencil() { return is_dropped("112.101.110.99", 0) && is_dropped("105.108.0.0", 1); }

/// Has a key `gate` against whose set a firewall rule matches packets.
class ReferencedKeyTest : public StoreTest {
 protected:
  void SetUp() override {
    StoreTest::SetUp();
    run_line("ip link set lo up");
    run_line("ip route add local default dev lo");
    Store store = open();
    expect_set(store, "gate", "notebook");
    run_line("iptables -A OUTPUT -m set --match-set gate dst,dst -j DROP");
    ASSERT_EQ(listed("gate", "References"), "1");
    ASSERT_TRUE(drops_notebook());
    ASSERT_FALSE(is_dropped("112.101.110.99", 0));
  }
  static void remove_rule() {
    run_line("iptables -D OUTPUT -m set --match-set gate dst,dst -j DROP");
  }
};

TEST_F(ReferencedKeyTest, CanBeReplacedAndTheRuleMatchesTheNewValue) {
  const std::string rules = run({"iptables", "-S"}).output;
  Store store = open();
  for (int round = 0; round < 3; ++round) {
    expect_set(store, "gate", "pencil");
    expect_value(store, "gate", "pencil");
    EXPECT_TRUE(drops_pencil());
    EXPECT_FALSE(is_dropped("110.111.116.101", 0));
    expect_set(store, "gate", "notebook");
    EXPECT_TRUE(drops_notebook());
    EXPECT_FALSE(is_dropped("112.101.110.99", 0));
  }
  ASSERT_TRUE(store.set("gate", std::string(10'000, 'x'), SetOptions{.layout = Layout::kIpv4}));
  EXPECT_TRUE(is_dropped("120.120.120.120", 2'499));
  expect_set(store, "gate", "");
  EXPECT_FALSE(is_dropped("120.120.120.120", 2'499));
  EXPECT_EQ(run({"iptables", "-S"}).output, rules);
  EXPECT_EQ(listed("gate", "References"), "1");
}

TEST_F(ReferencedKeyTest, IsMatchedAfterTheWriterHasExited) {
  {
    Store store = open();
    expect_set(store, "gate", "pencil");
  }
  EXPECT_TRUE(drops_pencil());
  EXPECT_THAT(set_names(), testing::ElementsAre("gate"));
}

TEST_F(ReferencedKeyTest, CannotBeDeletedWhileTheRuleExists) {
  Store store = open();
  const auto refused = store.del("gate");
  expect_error(refused, ErrorCode::kReferenced);
  EXPECT_EQ(refused.error().category(), ErrorCategory::kKernel);
  EXPECT_EQ(std::string_view(refused.error().subject.data()), "gate");
  expect_value(store, "gate", "notebook");
  EXPECT_TRUE(drops_notebook());
  remove_rule();
  EXPECT_TRUE(store.del("gate").value());
  expect_missing(store, "gate");
}

TEST_F(ReferencedKeyTest, CannotBeDeletedAfterAReplacementEither) {
  Store store = open();
  expect_set(store, "gate", "pencil");
  expect_error(store.del("gate"), ErrorCode::kReferenced);
  EXPECT_TRUE(drops_pencil());
  remove_rule();
  EXPECT_TRUE(store.del("gate").value());
}

TEST_F(ReferencedKeyTest, CanBelongToAListOfSets) {
  Store store = open();
  expect_set(store, "drawer", "notebook");
  ipset("create group list:set");
  ipset("add group drawer");
  expect_set(store, "drawer", "pencil");
  expect_value(store, "drawer", "pencil");
  expect_error(store.del("drawer"), ErrorCode::kReferenced);
  expect_value(store, "drawer", "pencil");
  EXPECT_THAT(ipset("list group"), testing::EndsWith("Members:\ndrawer\n"));
  ipset("del group drawer");
  EXPECT_TRUE(store.del("drawer").value());
}

}  // namespace
}  // namespace ipsetkv::tests
