// SPDX-License-Identifier: MIT
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "ipset/connection.h"
#include "ipset/fake_dump.h"
#include "support/private_namespace.h"

namespace ipsetkv::ipset {

/// A test with a connection to the real kernel, in a namespace without any sets.
class KernelIpsetTest : public tests::KernelTest {
 protected:
  void SetUp() override {
    KernelTest::SetUp();
    if (HasFatalFailure()) return;
    connection_ = connect();
    batch_ = std::make_unique<Batch>(connection_->new_batch());
  }

  [[nodiscard]] static std::unique_ptr<Connection> connect() {
    auto opened = Connection::open(std::chrono::seconds(10));
    EXPECT_TRUE(opened) << opened.error().message();
    return std::make_unique<Connection>(*std::move(opened));
  }

  Connection& kernel() { return *connection_; }

  /// Executes what `queue` puts into an empty batch. The batch has the results until the next call.
  Batch& execute(const std::function<void(Batch&)>& queue) {
    batch_->clear();
    queue(*batch_);
    const auto done = connection_->execute(*batch_);
    EXPECT_TRUE(done) << done.error().message();
    return *batch_;
  }

  /// The same, and no command may fail.
  void execute_ok(const std::function<void(Batch&)>& queue) {
    const Batch& batch = execute(queue);
    if (const auto failure = batch.first_failure())
      ADD_FAILURE() << "command " << *failure << ": " << batch.error(*failure).message();
  }

  /// The same for one command, and its failure.
  Error failure_of(const std::function<void(Batch&)>& queue) {
    Batch& batch = execute(queue);
    EXPECT_EQ(batch.size(), 1U);
    EXPECT_EQ(batch.first_failure(), 0U);
    return batch.error(0);
  }

  /// A set without options, of the lowest revision.
  void create(std::string_view name, SetType type = SetType::kHashIpPort,
              const CreateOptions& options = {}) {
    const auto revision = kernel().choose_revision(type, Family::kInet, options);
    ASSERT_TRUE(revision) << revision.error().message();
    execute_ok([&](Batch& batch) { batch.create(name, type, Family::kInet, *revision, options); });
  }

  /// All sets, or the one of that name, sorted by name.
  std::vector<ListedSet> listed(std::string_view name = {}, ListMode mode = ListMode::kElements) {
    auto listing = kernel().list(name, mode);
    if (!listing) {
      ADD_FAILURE() << listing.error().message();
      return {};
    }
    auto sets = read_all(*listing);
    if (!sets) {
      ADD_FAILURE() << sets.error().message();
      return {};
    }
    std::sort(sets->begin(), sets->end(), [](const ListedSet& one, const ListedSet& other) {
      return one.header.name.view() < other.header.name.view();
    });
    return *std::move(sets);
  }

  std::vector<std::string> names() {
    std::vector<std::string> all;
    for (const ListedSet& set : listed({}, ListMode::kNames))
      all.emplace_back(set.header.name.view());
    return all;
  }

  /// The one set of that name.
  ListedSet listed_one(std::string_view name) {
    std::vector<ListedSet> sets = listed(name);
    EXPECT_EQ(sets.size(), 1U) << name;
    return sets.empty() ? ListedSet{} : std::move(sets.front());
  }

 private:
  std::unique_ptr<Connection> connection_;
  std::unique_ptr<Batch> batch_;
};

}  // namespace ipsetkv::ipset
