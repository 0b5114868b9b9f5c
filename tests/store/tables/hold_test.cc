// SPDX-License-Identifier: MIT

// A table whose sends fail or whose replies are lost now and then: no bucket stays locked by the
// living process, and no key is lost.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <cerrno>
#include <chrono>
#include <functional>
#include <optional>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/environment.h"
#include "ipset/connection.h"
#include "ipsetkv/store.h"
#include "store/store_fixture.h"
#include "store/tables/table.h"
#include "support/corruption.h"

namespace ipsetkv::tests {
namespace {

using namespace std::chrono_literals;
using store::Change;
using store::Present;

/// Lets sends or receives fail with ENOBUFS.
class FailingEnvironment : public Environment {
 public:
  /// Which of the coming calls fail.
  struct Plan {
    int countdown = 0;  ///< This one, counted from 1; 0: none.
    unsigned odds = 0;  ///< One in so many, by chance; 0: none.
  };
  Plan sends;
  Plan receives;
  int failures = 0;
  const std::uint32_t seed = test_seed();

  ssize_t send(int socket, std::span<const std::byte> bytes) override {
    return fails(sends) ? -1 : Environment::send(socket, bytes);
  }
  ssize_t receive(int socket, std::span<std::byte> buffer, int flags) override {
    if (!fails(receives)) return Environment::receive(socket, buffer, flags);
    // The reply is lost, as in netlink_overrun (net/netlink/af_netlink.c).
    (void)Environment::receive(socket, buffer, flags | MSG_DONTWAIT);
    errno = ENOBUFS;
    return -1;
  }

 private:
  bool fails(Plan& plan) {
    const bool is_due = plan.countdown > 0 && --plan.countdown == 0;
    if (!is_due && (plan.odds == 0 || random_() % plan.odds != 0)) return false;
    ++failures;
    errno = ENOBUFS;
    return true;
  }

  std::mt19937 random_{seed};
};

Options in_table() { return {.table = "t", .timeout = 1s}; }

std::string long_value(char byte) { return std::string(3'000, byte); }
std::string key_of(int number) { return "key" + std::to_string(number); }

/// Names of buckets that a writer holds, fills, splits or merges.
std::vector<std::string> unfinished_buckets() {
  std::vector<std::string> names = all_set_names();
  std::erase_if(names, [](const std::string& name) {
    const std::size_t end = name.find(':');
    return end == std::string::npos ||
           name.substr(0, end).find_first_of("-+=<") == std::string::npos;
  });
  return names;
}

/// A table with an environment of its own, in the present namespace.
struct FailingTable {
  FailingEnvironment environment;
  ipset::Connection connection = ipset::Connection::open(1s, environment).value();
  store::Table table{connection, "t", 1s};
};

using TableHoldTest = StoreTest;

Result<Change> append_one(const Present*) {
  return Change{.action = Change::Action::kWrite, .value = "changed"};
}

struct Operation {
  const char* name;
  std::function<std::optional<Error>(store::Table& table)> run;
};

template <class T>
std::optional<Error> error_of(const Result<T>& result) {
  return result ? std::nullopt : std::optional(result.error());
}

const std::vector<Operation>& operations() {
  static const std::vector<Operation> all{
      {"update",
       [](store::Table& table) {
         std::string value;
         return error_of(table.update("key", &value, append_one));
       }},
      {"remove", [](store::Table& table) { return error_of(table.remove("key")); }},
      {"write of a long pair",
       [](store::Table& table) {
         return error_of(table.write("key", long_value('n'), Layout::kAuto, {}));
       }},
      {"write over a long pair",
       [](store::Table& table) {
         return error_of(table.write("long", "changed", Layout::kAuto, {}));
       }},
      {"rename",
       [](store::Table& table) {
         return error_of(table.transfer("key", "other", {.remove = true, .replace = true}));
       }},
      {"copy",
       [](store::Table& table) {
         return error_of(table.transfer("long", "key", {.remove = false, .replace = true}));
       }},
  };
  return all;
}

/// Does the work until it succeeds, at most twenty times. A Store whose dump lost a reply needs
/// some calls until the kernel has ended that dump.
template <class Work>
bool repeat(Work work) {
  for (int time = 1;; ++time) {
    const auto error = error_of(work());
    if (!error) return true;
    if (time < 20) continue;
    ADD_FAILURE() << error->message();
    return false;
  }
}

/// Each key has a value that it had before, or that an operation gives it.
void expect_whole(Store& store) {
  for (const char* const key : {"key", "long", "other"}) {
    const auto found = store.get(key);
    ASSERT_TRUE(found) << key << ": " << found.error().message();
    if (!*found) continue;
    const std::vector<std::string> known{"before", "changed", long_value('b'), long_value('n')};
    EXPECT_THAT(known, testing::Contains(**found)) << key;
  }
}

TEST_F(TableHoldTest, NoBucketStaysLockedAfterAFailedSendOrALostReply) {
  FailingTable failing;
  Store other = open(in_table());
  for (const Operation& operation : operations()) {
    for (FailingEnvironment::Plan* const plan :
         {&failing.environment.sends, &failing.environment.receives}) {
      SCOPED_TRACE(std::string(operation.name) +
                   (plan == &failing.environment.sends ? ", send " : ", receive "));
      for (int number = 1; !HasFailure(); ++number) {
        SCOPED_TRACE(number);
        // A deadline, so that `remove` has to lock the bucket.
        ASSERT_TRUE(other.set("expiring", "x", SetOptions{.expire_at = deadline_in(1h)}));
        expect_set(other, "key", "before");
        expect_set(other, "long", long_value('b'));
        ASSERT_TRUE(other.del("other"));
        ASSERT_TRUE(repeat([&] { return failing.table.read("key", nullptr); }));
        failing.environment.failures = 0;
        plan->countdown = number;
        const auto error = operation.run(failing.table);
        plan->countdown = 0;
        EXPECT_TRUE(!error || failing.environment.failures > 0) << error->message();
        // The other Store neither waits nor finds a lock.
        EXPECT_THAT(unfinished_buckets(), testing::IsEmpty());
        expect_whole(other);
        expect_set(other, "key", "after");
        expect_value(other, "key", "after");
        if (failing.environment.failures == 0) break;
      }
    }
  }
}

TEST_F(TableHoldTest, LosesNoKeyWhileItGrowsAndShrinksWithFailures) {
  constexpr int kKeys = 400;
  constexpr int kStay = 10;
  FailingTable failing;
  SCOPED_TRACE("IPSETKV_TEST_SEED=" + std::to_string(failing.environment.seed));
  for (FailingEnvironment::Plan* const plan :
       {&failing.environment.sends, &failing.environment.receives}) {
    for (const unsigned odds : {20U, 100U}) {
      SCOPED_TRACE((plan == &failing.environment.sends ? "sends, one in " : "receives, one in ") +
                   std::to_string(odds));
      Store other = open(in_table());
      expect_set(other, "first", "value");
      plan->odds = odds;
      for (int number = 0; number < kKeys && !HasFailure(); ++number) {
        EXPECT_TRUE(repeat([&] {
          return failing.table.write(key_of(number), key_of(number), Layout::kAuto, {});
        }));
        // Who reads a full bucket splits it.
        EXPECT_TRUE(repeat([&] { return failing.table.read(key_of(number), nullptr); }));
      }
      const std::size_t most = other.table_info().value()->bucket_keys.size();
      for (int number = 0; number < kKeys && !HasFailure(); ++number)
        expect_value(other, key_of(number), key_of(number));
      for (int number = kStay; number < kKeys && !HasFailure(); ++number)
        EXPECT_TRUE(repeat([&] { return failing.table.remove(key_of(number)); }));
      plan->odds = 0;
      ASSERT_TRUE(repeat([&] { return failing.table.sweep(); }));
      EXPECT_THAT(unfinished_buckets(), testing::IsEmpty());
      // A split takes a dozen sends and more receives: many fail at the higher odds.
      if (odds == 100) {
        EXPECT_GT(most, 1U) << "it has not grown";
        EXPECT_LT(other.table_info().value()->bucket_keys.size(), most) << "it has not shrunk";
      }
      for (int number = 0; number < kStay; ++number)
        expect_value(other, key_of(number), key_of(number));
      EXPECT_EQ(other.keys().value().size(), kStay + 1U);
      ASSERT_TRUE(failing.table.drop({}));
    }
  }
}

}  // namespace
}  // namespace ipsetkv::tests
