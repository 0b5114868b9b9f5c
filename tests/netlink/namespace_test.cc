// SPDX-License-Identifier: MIT
#include "netlink/namespace.h"

#include <linux/netlink.h>
#include <sched.h>
#include <sys/mount.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>

#include "netlink/socket.h"
#include "support/capabilities.h"
#include "support/command.h"
#include "support/private_namespace.h"

namespace ipsetkv::netlink {
namespace {

/// The network namespace of the calling thread, such as "net:[4026531840]".
std::string present_namespace() {
  return std::filesystem::read_symlink("/proc/thread-self/ns/net");
}

/// Whether the network namespace of the calling thread lists the port id.
bool lists_port(std::uint32_t port) {
  std::ifstream table("/proc/thread-self/net/netlink");
  std::string word;
  while (table >> word)
    if (word == std::to_string(port)) return true;
  return false;
}

/// With a private /run, in which `ip netns add` can create namespaces.
class NamespaceVisitTest : public tests::KernelTest {
 protected:
  void SetUp() override {
    KernelTest::SetUp();
    ASSERT_EQ(unshare(CLONE_NEWNS), 0) << std::strerror(errno);
    ASSERT_EQ(mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr), 0) << std::strerror(errno);
    ASSERT_EQ(mount("tmpfs", "/run", "tmpfs", 0, nullptr), 0) << std::strerror(errno);
    const auto added = tests::run({"ip", "netns", "add", "other"});
    ASSERT_EQ(added.status, 0) << added.errors;
  }
};

TEST_F(NamespaceVisitTest, EntersTheNamespaceAndReturns) {
  const std::string home = present_namespace();
  {
    const auto visit = NamespaceVisit::enter("other");
    ASSERT_TRUE(visit) << visit.error().message();
    EXPECT_NE(present_namespace(), home);
  }
  EXPECT_EQ(present_namespace(), home);
}

TEST_F(NamespaceVisitTest, LeavesASocketInTheNamespaceWhereItWasOpened) {
  std::optional<Socket> socket;
  {
    const auto visit = NamespaceVisit::enter("other");
    ASSERT_TRUE(visit) << visit.error().message();
    auto opened = Socket::open(NETLINK_NETFILTER);
    ASSERT_TRUE(opened) << opened.error().message();
    socket = *std::move(opened);
    EXPECT_TRUE(lists_port(socket->port_id()));
  }
  EXPECT_FALSE(lists_port(socket->port_id())) << "not in the namespace we came home to";
  const auto again = NamespaceVisit::enter("other");
  ASSERT_TRUE(again) << again.error().message();
  EXPECT_TRUE(lists_port(socket->port_id())) << "still in the other one";
}

TEST_F(NamespaceVisitTest, ClaimsAPortInTheNamespaceOfTheSocket) {
  std::optional<Socket> socket;
  {
    const auto visit = NamespaceVisit::enter("other");
    ASSERT_TRUE(visit) << visit.error().message();
    auto opened = Socket::open(NETLINK_NETFILTER);
    ASSERT_TRUE(opened) << opened.error().message();
    socket = *std::move(opened);
  }
  const std::string home = present_namespace();
  constexpr std::uint32_t kPort = 0x0070'0001;
  const auto claim = socket->claim_port(kPort);
  ASSERT_TRUE(claim) << claim.error().message();
  EXPECT_TRUE(*claim) << "nobody has it there";
  EXPECT_FALSE(lists_port(kPort)) << "not in the namespace we came home to";
  const auto taken = socket->claim_port(socket->port_id());
  ASSERT_TRUE(taken) << taken.error().message();
  EXPECT_FALSE(*taken) << "the socket itself has it";
  EXPECT_EQ(present_namespace(), home);
}

TEST_F(NamespaceVisitTest, ReturnsOnceHoweverOftenItWasMoved) {
  const std::string home = present_namespace();
  {
    auto first = NamespaceVisit::enter("other");
    ASSERT_TRUE(first);
    {
      NamespaceVisit moved = *std::move(first);
      NamespaceVisit last = std::move(moved);
      EXPECT_NE(present_namespace(), home);
    }
    EXPECT_EQ(present_namespace(), home);
    ASSERT_EQ(unshare(CLONE_NEWNET), 0);
  }
  EXPECT_NE(present_namespace(), home) << "what was moved from has nowhere to go back to";
}

/// Tries to go where nothing is, and checks that it stays where it was.
void expect_missing(const std::string& name) {
  SCOPED_TRACE(name);
  const std::string home = present_namespace();
  const auto visit = NamespaceVisit::enter(name);
  EXPECT_EQ(present_namespace(), home);
  ASSERT_FALSE(visit);
  EXPECT_EQ(visit.error().code, ErrorCode::kNamespaceMissing);
  EXPECT_EQ(visit.error().step, Step::kEnterNamespace);
  EXPECT_EQ(visit.error().category(), ErrorCategory::kUsage);
  EXPECT_STREQ(visit.error().subject.data(), name.c_str());
}

TEST_F(NamespaceVisitTest, ReportsAMissingNamespace) { expect_missing("nowhere"); }

TEST_F(NamespaceVisitTest, RejectsAPathAsAName) {
  for (const char* const name : {"../netns/other", "/run/netns/other", "other/", "/"})
    expect_missing(name);
}

TEST_F(NamespaceVisitTest, RejectsAFolder) {
  for (const char* const name : {"", ".", ".."}) expect_missing(name);
}

TEST_F(NamespaceVisitTest, RejectsANameWithANul) { expect_missing(std::string("other\0x", 7)); }

TEST_F(NamespaceVisitTest, RejectsAFileThatIsNoNamespace) {
  std::ofstream("/run/netns/file") << "text";
  const auto visit = NamespaceVisit::enter("file");
  ASSERT_FALSE(visit);
  EXPECT_EQ(visit.error().code, ErrorCode::kSystemCall);
  EXPECT_EQ(visit.error().kernel_code, EINVAL);
  EXPECT_STREQ(visit.error().subject.data(), "file");
}

TEST_F(NamespaceVisitTest, ReportsAMissingPermission) {
  bool asked = false;
  tests::without_capabilities([&] {
    asked = true;
    const auto visit = NamespaceVisit::enter("other");
    ASSERT_FALSE(visit);
    EXPECT_EQ(visit.error().code, ErrorCode::kNamespaceDenied);
    EXPECT_EQ(visit.error().step, Step::kEnterNamespace);
    EXPECT_EQ(visit.error().kernel_code, EPERM);
  });
  EXPECT_TRUE(asked);
}

}  // namespace
}  // namespace ipsetkv::netlink
