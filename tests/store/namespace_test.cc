// SPDX-License-Identifier: MIT
#include <sched.h>
#include <sys/mount.h>

#include <cerrno>
#include <cstring>
#include <optional>

#include "store/store_fixture.h"
#include "support/capabilities.h"

namespace ipsetkv::tests {
namespace {

TEST_F(StoreTest, KeepsEachNetworkNamespacesValuesApart) {
  Store here = open();
  expect_set(here, "drawer", "notebook");
  enter_private_namespace();
  Store there = open();
  expect_missing(there, "drawer");
  expect_set(there, "drawer", "pencil");
  expect_value(here, "drawer", "notebook");
  expect_value(there, "drawer", "pencil");
}

TEST_F(StoreTest, OpensInANamedNamespace) {
  // `ip netns` keeps its names in /run/netns: a mount namespace keeps them from the machine.
  ASSERT_EQ(unshare(CLONE_NEWNS), 0) << std::strerror(errno);
  ASSERT_EQ(mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr), 0) << std::strerror(errno);
  ASSERT_EQ(mount("tmpfs", "/run", "tmpfs", 0, nullptr), 0) << std::strerror(errno);
  ASSERT_EQ(run({"ip", "netns", "add", "blue"}).status, 0);

  Store inside = open({.network_namespace = "blue"});
  Store outside = open();
  expect_set(inside, "drawer", "inside");
  expect_set(outside, "drawer", "outside");
  expect_value(inside, "drawer", "inside");
  EXPECT_EQ(run({"ip", "netns", "exec", "blue", "ipset", "list", "-n"}).output, "drawer\n");
}

TEST_F(StoreTest, SaysWhenThereIsNoNamespaceOfThatName) {
  const auto store = Store::open({.network_namespace = "no-such-namespace"});
  expect_error(store, ErrorCode::kNamespaceMissing);
  EXPECT_EQ(store.error().category(), ErrorCategory::kUsage);
}

TEST_F(StoreTest, SaysWhichCapabilityIsMissing) {
  std::optional<Result<Store>> store;
  without_capabilities([&] { store = Store::open(); });
  ASSERT_TRUE(store) << "the capabilities could not be dropped";
  expect_error(*store, ErrorCode::kNotPermitted);
  EXPECT_EQ(store->error().category(), ErrorCategory::kKernel);
  EXPECT_NE(store->error().message().find("CAP_NET_ADMIN"), std::string::npos);
}

}  // namespace
}  // namespace ipsetkv::tests
