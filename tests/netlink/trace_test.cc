// SPDX-License-Identifier: MIT
#include "netlink/trace.h"

#include <gtest/gtest.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#include <cstdlib>
#include <string>

#include "netlink/batch.h"
#include "netlink/socket.h"
#include "support/hex.h"
#include "support/private_namespace.h"

namespace ipsetkv::netlink {
namespace {

/// What one request and its answer print to standard error.
std::string printed_by_a_question() {
  testing::internal::CaptureStderr();
  auto socket = Socket::open(NETLINK_ROUTE);
  Batch batch(64);
  batch.begin_message(RTM_DELLINK, 0, ifinfomsg{.ifi_family = AF_UNSPEC, .ifi_index = 4711});
  tests::Bytes buffer(4096);
  EXPECT_TRUE(socket && socket->send(batch.finish(1)) && socket->receive_queued(buffer));
  return testing::internal::GetCapturedStderr();
}

class TraceTest : public tests::KernelTest {
 protected:
  void TearDown() override { unsetenv("IPSETKV_TRACE"); }
};

TEST_F(TraceTest, PrintsEveryMessageInBothDirections) {
  setenv("IPSETKV_TRACE", "1", 1);
  const std::string printed = printed_by_a_question();
  const auto sent = printed.find("ipsetkv: sent 32 bytes\n");
  const auto received = printed.find("ipsetkv: received 36 bytes\n");
  EXPECT_LT(sent, received) << printed;
  EXPECT_NE(received, std::string::npos) << printed;
}

TEST_F(TraceTest, PrintsNothingWithoutTheVariable) {
  unsetenv("IPSETKV_TRACE");
  EXPECT_FALSE(trace_wanted());
  EXPECT_EQ(printed_by_a_question(), "");
  setenv("IPSETKV_TRACE", "", 1);
  EXPECT_FALSE(trace_wanted());
  EXPECT_EQ(printed_by_a_question(), "");
}

}  // namespace
}  // namespace ipsetkv::netlink
