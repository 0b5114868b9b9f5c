// SPDX-License-Identifier: MIT
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/environment.h"
#include "format/own_names.h"
#include "ipset/connection.h"
#include "store/drawers/drawers.h"
#include "store/store_fixture.h"
#include "store/unfinished_dump.h"

namespace ipsetkv::tests {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::IsEmpty;

/// The real kernel and clock, but some sends fail with ENOBUFS as they do under memory pressure.
/// Adds up the time slept.
class FailingSends final : public Environment {
 public:
  ssize_t send(int socket, std::span<const std::byte> bytes) override {
    ++sends;
    if (sends >= first && sends < first + count) {
      errno = ENOBUFS;
      return -1;
    }
    return Environment::send(socket, bytes);
  }
  void sleep(std::chrono::nanoseconds time) override {
    slept += time;
    Environment::sleep(time);
  }

  /// Lets the sends from the `from`-th from now on fail, `how_many` of them.
  void fail(int from, int how_many) {
    sends = 0;
    first = from;
    count = how_many;
  }

  int sends = 0;
  int first = 1;
  int count = 0;
  std::chrono::nanoseconds slept{0};
};

/// The locks that somebody holds: '~', a port id, '-', the stripe.
std::vector<std::string> held_locks() {
  std::vector<std::string> names = all_set_names();
  std::erase_if(names, [](const std::string& name) {
    const auto owner = format::owner_of(name);
    return !owner || !owner->stripe;
  });
  return names;
}

std::vector<std::string> wait_markers() {
  std::vector<std::string> names = all_set_names();
  std::erase_if(names, [](const std::string& name) { return !name.starts_with("~wait-"); });
  return names;
}

/// A value that takes several parts to read.
const std::string kLongValue(20'000, 'l');

class HoldTest : public StoreTest {
 protected:
  void SetUp() override {
    StoreTest::SetUp();
    connection_.emplace(ipset::Connection::open(kTimeout, environment_).value());
    drawers_.emplace(*connection_, kTimeout);
  }

  Result<void> write(std::string_view key, std::string_view value, Layout layout = Layout::kAuto) {
    return drawers_->write(key, value, layout, std::nullopt);
  }

  static constexpr std::chrono::milliseconds kTimeout{100};
  FailingSends environment_;
  std::optional<ipset::Connection> connection_;
  std::optional<store::Drawers> drawers_;
};

struct Operation {
  const char* name;
  std::function<bool(store::Drawers& drawers)> work;
};

store::Decide write_that(std::string_view value) {
  return [value](const store::Present* /*present*/) -> Result<store::Change> {
    return store::Change{.action = store::Change::Action::kWrite, .value = value};
  };
}

/// Each changes the key "key", and leaves "other" as it was if it succeeds.
const std::vector<Operation>& operations() {
  static const std::string longer(1'024, 'x');
  static const std::vector<Operation> all{
      {"write a short value",
       [](auto& drawers) {
         return drawers.write("key", "new", Layout::kAuto, std::nullopt).has_value();
       }},
      {"write a long value",
       [](auto& drawers) {
         return drawers.write("key", longer, Layout::kAuto, std::nullopt).has_value();
       }},
      {"write in another type",
       [](auto& drawers) {
         return drawers.write("key", "new", Layout::kIpv6, std::nullopt).has_value();
       }},
      {"write a new key",
       [](auto& drawers) {
         return drawers.write("new", "new", Layout::kAuto, std::nullopt).has_value();
       }},
      {"remove", [](auto& drawers) { return drawers.remove("key").has_value(); }},
      {"update to a short value",
       [](auto& drawers) { return drawers.update("key", nullptr, write_that("new")).has_value(); }},
      {"update to a long value",
       [](auto& drawers) {
         return drawers.update("key", nullptr, write_that(longer)).has_value();
       }},
      {"rename",
       [](auto& drawers) {
         return drawers.transfer("key", "other", {.remove = true, .replace = true}).has_value();
       }},
      {"copy",
       [](auto& drawers) {
         return drawers.transfer("key", "other", {.replace = true}).has_value();
       }},
      {"sweep", [](auto& drawers) { return drawers.sweep().has_value(); }},
  };
  return all;
}

TEST_F(HoldTest, EndsWhateverSendOfAnOperationFails) {
  for (const Operation& operation : operations()) {
    for (const int in_a_row : {1, 2, 5}) {
      bool done = false;
      for (int first = 1; !done; ++first) {
        SCOPED_TRACE(std::string(operation.name) + ": " + std::to_string(in_a_row) +
                     " sends fail from send " + std::to_string(first) + " on");
        ASSERT_LT(first, 1'000);
        Store other = open();
        expect_set(other, "key", "old");
        expect_set(other, "other", "old");
        ASSERT_TRUE(other.del("new"));
        environment_.fail(first, in_a_row);
        (void)operation.work(*drawers_);
        done = environment_.sends < first;
        environment_.fail(1, 0);
        ASSERT_THAT(held_locks(), IsEmpty());
        ASSERT_THAT(wait_markers(), IsEmpty());
        expect_set(other, "key", "by another process");
      }
    }
  }
}

TEST_F(HoldTest, EndsWhereTheSendThatRemovesTheKeyFails) {
  ASSERT_TRUE(write("key", "old"));
  environment_.fail(3, 1);  // Behind acquiring the lock and reading the key.
  EXPECT_FALSE(drawers_->remove("key"));
  EXPECT_THAT(held_locks(), IsEmpty());
  Store other = open({.timeout = kTimeout});
  expect_value(other, "key", "old");
  expect_set(other, "key", "new");
}

TEST_F(HoldTest, EndsWithTheNextOperationWhereReleasingFailedForLong) {
  ASSERT_TRUE(write("key", "old"));
  environment_.fail(3, 100'000);  // The third is the one behind acquiring the lock and reading.
  EXPECT_FALSE(drawers_->remove("key"));
  EXPECT_LE(environment_.slept, kTimeout);
  environment_.fail(1, 0);
  EXPECT_FALSE(held_locks().empty());
  ASSERT_TRUE(write("another key", "new"));
  EXPECT_THAT(held_locks(), IsEmpty());
}

TEST_F(HoldTest, OfAMarkerEndsWithARenameOrCopyOverAKeyThatIsBeingRead) {
  for (const bool remove : {true, false}) {
    for (int number = 0; number < 8; ++number) {
      const std::string source = "source" + std::to_string(number);
      SCOPED_TRACE(source);
      ASSERT_TRUE(write(source, "value"));
      ASSERT_TRUE(write("target", kLongValue));
      auto reader = std::make_optional<UnfinishedDump>("target");
      std::thread reading([&] {
        std::this_thread::sleep_for(20ms);
        reader.reset();
      });
      const auto done = drawers_->transfer(source, "target", {.remove = remove, .replace = true});
      reading.join();
      ASSERT_TRUE(done) << done.error().message();
      ASSERT_THAT(wait_markers(), IsEmpty());
      ASSERT_THAT(held_locks(), IsEmpty());
    }
  }
}

TEST_F(HoldTest, OfAMarkerEndsWhereTheReaderDoesNot) {
  ASSERT_TRUE(write("source", "value"));
  ASSERT_TRUE(write("target", kLongValue));
  const UnfinishedDump reader("target");
  const std::vector<std::function<bool()>> calls{
      [&] { return write("target", "new").has_value(); },
      [&] { return drawers_->remove("target").has_value(); },
      [&] { return drawers_->update("target", nullptr, write_that("new")).has_value(); },
      [&] { return drawers_->transfer("source", "target", {.replace = true}).has_value(); },
      [&] {
        return drawers_->transfer("target", "source", {.remove = true, .replace = true})
            .has_value();
      },
  };
  for (const auto& call : calls) {
    environment_.slept = 0ns;
    EXPECT_FALSE(call());
    EXPECT_LE(environment_.slept, kTimeout);
    EXPECT_THAT(wait_markers(), IsEmpty());
    EXPECT_THAT(held_locks(), IsEmpty());
  }
}

}  // namespace
}  // namespace ipsetkv::tests
