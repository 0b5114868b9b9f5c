// SPDX-License-Identifier: MIT
#include <sched.h>
#include <sys/mount.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <optional>
#include <string>
#include <vector>

#include "store/store_fixture.h"
#include "support/capabilities.h"

namespace ipsetkv::tests {
namespace {

TEST_F(StoreTest, SeparatesTheValuesOfNetworkNamespaces) {
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
  // `ip netns` keeps its names in /run/netns. A mount namespace hides them from the machine.
  ASSERT_EQ(unshare(CLONE_NEWNS), 0) << std::strerror(errno);
  ASSERT_EQ(mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr), 0) << std::strerror(errno);
  ASSERT_EQ(mount("tmpfs", "/run", "tmpfs", 0, nullptr), 0) << std::strerror(errno);
  ASSERT_EQ(run({"ip", "netns", "add", "blue"}).status, 0);

  Store inside = open({.network_namespace = "blue"});
  Store outside = open();
  expect_set(inside, "drawer", "inside");
  expect_set(outside, "drawer", "outside");
  expect_value(inside, "drawer", "inside");
  const auto names = words_of(run({"ip", "netns", "exec", "blue", "ipset", "list", "-n"}).output);
  EXPECT_EQ(std::count(names.begin(), names.end(), "drawer"), 1);
}

// Whether the owner of a lock is alive can only be determined in its own network namespace.
TEST_F(StoreTest, DistinguishesLiveAndDeadWritersOfANamedNamespace) {
  ASSERT_EQ(unshare(CLONE_NEWNS), 0) << std::strerror(errno);
  ASSERT_EQ(mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr), 0) << std::strerror(errno);
  ASSERT_EQ(mount("tmpfs", "/run", "tmpfs", 0, nullptr), 0) << std::strerror(errno);
  ASSERT_EQ(run({"ip", "netns", "add", "blue"}).status, 0);
  Store living = open({.network_namespace = "blue"});
  expect_set(living, "drawer", "old");
  expect_set(living, "drawer", "new");

  const auto in_blue = [](std::vector<std::string> command) {
    command.insert(command.begin(), {"ip", "netns", "exec", "blue", "ipset"});
    const auto result = run(command);
    EXPECT_EQ(result.status, 0) << result.errors;
    return words_of(result.output);
  };
  const auto own_sets = [&] {
    auto names = in_blue({"list", "-n"});
    std::erase_if(names, [](const std::string& name) { return name.front() != '~'; });
    return names;
  };
  std::string spare;
  std::string lock;
  for (const std::string& name : own_sets()) (is_lock_at_rest(name) ? lock : spare) = name;
  const std::string stripe = lock.substr(lock.rfind('-'));

  Store store = open({.network_namespace = "blue", .timeout = std::chrono::milliseconds(50)});
  in_blue({"rename", lock, spare + stripe});
  expect_error(store.set("drawer", "newer"), ErrorCode::kLocked);
  EXPECT_EQ(store.sweep().value().leftovers, 0U);
  in_blue({"rename", spare + stripe, "~8388609" + stripe});
  expect_set(store, "drawer", "newest");
  expect_value(living, "drawer", "newest");
}

TEST_F(StoreTest, ReportsAMissingNamespace) {
  const auto store = Store::open({.network_namespace = "no-such-namespace"});
  expect_error(store, ErrorCode::kNamespaceMissing);
  EXPECT_EQ(store.error().category(), ErrorCategory::kUsage);
}

TEST_F(StoreTest, ReportsTheMissingCapability) {
  std::optional<Result<Store>> store;
  without_capabilities([&] { store = Store::open(); });
  ASSERT_TRUE(store) << "cannot drop the capabilities";
  expect_error(*store, ErrorCode::kNotPermitted);
  EXPECT_EQ(store->error().category(), ErrorCategory::kKernel);
  EXPECT_NE(store->error().message().find("CAP_NET_ADMIN"), std::string::npos);
}

}  // namespace
}  // namespace ipsetkv::tests
