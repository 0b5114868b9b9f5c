// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>
#include <pthread.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <ctime>
#include <iostream>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "ipsetkv/store.h"
#include "store/readers.h"
#include "store/store_fixture.h"
#include "support/corruption.h"
#include "support/full_length.h"
#include "support/linearizability.h"
#include "support/process.h"

namespace ipsetkv::tests {
namespace {

using std::chrono::milliseconds;
using Kind = Operation::Kind;

constexpr int kProcesses = 6;
// All processes meet after so many operations: nothing is under way then, and the checker begins
// anew from what may be there.
constexpr int kOperationsInARound = 8;

/// The last one holds a number most of the time; one needs its digest for a name.
constexpr std::string_view kKeys[] = {"drawer", "cupboard", "a key that is no name", "counter"};
constexpr std::size_t kCounter = std::size(kKeys) - 1;

/// One operation as its process leaves it in the shared memory.
struct Record {
  std::int64_t invoked;
  std::int64_t returned;
  std::int64_t earliest;
  std::int64_t latest;
  std::uint32_t process;
  std::uint32_t number;  ///< Tells the process' values apart.
  std::uint32_t length;  ///< Of the argument.
  Kind kind;
  std::uint8_t key;
  SetOptions::If set_if;
  ExpireIf expire_if;
  Layout layout;
  bool keep_deadline;
  bool return_old;
  bool numeric;  ///< The argument is a number.
  bool yes;
  bool refused;
  bool has_found;
  bool has_deadline_found;
  std::int64_t deadline;  ///< 0: none.
  std::int64_t amount;
  std::int64_t first;
  std::int64_t last;
  std::int64_t answer;
  std::int64_t deadline_found;
  Digest expected;
  Digest found;
};
static_assert(std::is_trivially_copyable_v<Record>);

std::int64_t clock_now(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return now.tv_sec * std::int64_t{1'000'000'000} + now.tv_nsec;
}

Deadline moment(std::int64_t ms) { return Deadline(milliseconds(ms)); }

/// What a record's operation writes.
std::string argument_of(const Record& record) {
  if (record.numeric) return std::to_string(record.number);
  std::string text = std::to_string(record.process) + "-" + std::to_string(record.number) + ";";
  const std::size_t stamp = text.size();
  while (text.size() < record.length) text.append(text, 0, stamp);
  text.resize(record.length);
  return text;
}

Operation operation_of(const Record& record) {
  Operation operation{.kind = record.kind,
                      .process = static_cast<int>(record.process),
                      .invoked = record.invoked,
                      .returned = record.returned,
                      .earliest = record.earliest,
                      .latest = record.latest,
                      .argument = argument_of(record),
                      .expected = record.expected,
                      .set_if = record.set_if,
                      .expire_if = record.expire_if,
                      .deadline = std::nullopt,
                      .keep_deadline = record.keep_deadline,
                      .return_old = record.return_old,
                      .amount = record.amount,
                      .first = record.first,
                      .last = record.last,
                      .yes = record.yes,
                      .refused = record.refused,
                      .number = record.answer,
                      .found = std::nullopt,
                      .deadline_found = std::nullopt};
  if (record.deadline != 0) operation.deadline = record.deadline;
  if (record.has_found) operation.found = record.found;
  if (record.has_deadline_found) operation.deadline_found = record.deadline_found;
  return operation;
}

/// Does random operations and records them.
class Worker {
 public:
  Worker(std::uint32_t seed, std::uint32_t process, const std::string& table)
      : random_(seed * 64 + process),
        process_(process),
        store_(Store::open({.table = table, .timeout = kPatient})) {}

  /// False, and the reason printed, if something failed that must not.
  bool work(Record& record) {
    if (!store_) return fail(store_.error());
    record = choose();
    const std::string argument = argument_of(record);
    record.earliest = clock_now(CLOCK_REALTIME);
    record.invoked = clock_now(CLOCK_MONOTONIC);
    const std::optional<Error> error = carry_out(record, argument);
    record.returned = clock_now(CLOCK_MONOTONIC);
    record.latest = clock_now(CLOCK_REALTIME);
    return !error || fail(*error);
  }

 private:
  static bool fail(const Error& error) {
    std::cerr << error.message() << '\n';
    return false;
  }

  std::uint32_t below(std::uint32_t limit) { return static_cast<std::uint32_t>(random_() % limit); }
  bool one_in(std::uint32_t chances) { return below(chances) == 0; }

  /// Mostly so near that it passes in this round or the next ones; now and then it has passed.
  std::int64_t random_deadline() {
    const std::int64_t now = clock_now(CLOCK_REALTIME) / 1'000'000;
    if (one_in(3)) return now + 100'000 + below(1000);
    return now + below(5) - 1;
  }

  Record choose() {
    static constexpr Kind kChoices[] = {
        Kind::kGet,    Kind::kGet,       Kind::kGet,     Kind::kExists,        Kind::kGetRange,
        Kind::kSet,    Kind::kSet,       Kind::kSet,     Kind::kSet,           Kind::kSet,
        Kind::kDelete, Kind::kIncrement, Kind::kAppend,  Kind::kCompareAndSet, Kind::kCompareAndSet,
        Kind::kExpire, Kind::kExpire,    Kind::kPersist, Kind::kDeadline};
    Record record{};
    record.process = process_;
    record.number = ++number_;
    record.key = static_cast<std::uint8_t>(below(std::size(kKeys)));
    record.kind = kChoices[below(std::size(kChoices))];
    if (record.key == kCounter && one_in(2)) record.kind = Kind::kIncrement;
    record.length = one_in(8) ? below(2'000) : below(40);
    record.numeric = record.key == kCounter && record.kind == Kind::kSet && !one_in(8);
    switch (record.kind) {
      case Kind::kSet:
        choose_set(record);
        break;
      case Kind::kIncrement:
        record.amount = static_cast<std::int64_t>(below(9)) - 4;
        break;
      case Kind::kExpire:
        record.deadline = random_deadline();
        record.expire_if = static_cast<ExpireIf>(one_in(2) ? 0 : below(5));
        break;
      case Kind::kCompareAndSet:
        record.expected = digest_of(seen_[record.key]);
        break;
      case Kind::kGetRange:
        record.first = static_cast<std::int64_t>(below(20)) - 10;
        record.last = static_cast<std::int64_t>(below(40)) - 10;
        break;
      default:
        break;
    }
    return record;
  }

  void choose_set(Record& record) {
    record.set_if = static_cast<SetOptions::If>(one_in(2) ? 0 : below(3));
    if (one_in(3)) record.deadline = random_deadline();
    record.keep_deadline = record.deadline == 0 && one_in(4);
    record.return_old = one_in(4);
    if (one_in(10)) record.layout = static_cast<Layout>(below(5));
  }

  std::optional<Error> carry_out(Record& record, const std::string& argument) {
    const std::string_view key = kKeys[record.key];
    std::string& seen = seen_[record.key];
    const auto take_yes = [&](const Result<bool>& done) -> std::optional<Error> {
      if (!done) return done.error();
      record.yes = *done;
      return std::nullopt;
    };
    const auto take_number = [&](const auto& done) -> std::optional<Error> {
      record.refused = !done && done.error().code == ErrorCode::kNotANumber;
      if (!done && !record.refused) return done.error();
      if (done) record.answer = static_cast<std::int64_t>(*done);
      return std::nullopt;
    };
    switch (record.kind) {
      case Kind::kGet: {
        const auto found = store_->get(key, seen);
        if (!found) return found.error();
        record.has_found = *found;
        record.found = digest_of(seen);
        return std::nullopt;
      }
      case Kind::kExists:
        return take_yes(store_->exists(key));
      case Kind::kDeadline: {
        const auto found = store_->deadline(key);
        if (!found) return found.error();
        record.yes = found->has_value();
        record.has_deadline_found = *found && **found;
        if (record.has_deadline_found)
          record.deadline_found = (**found)->time_since_epoch().count();
        return std::nullopt;
      }
      case Kind::kGetRange: {
        const auto part = store_->get_range(key, record.first, record.last);
        if (!part) return part.error();
        record.has_found = true;
        record.found = digest_of(*part);
        return std::nullopt;
      }
      case Kind::kSet:
        return carry_out_set(record, key, argument);
      case Kind::kDelete:
        return take_yes(store_->del(key));
      case Kind::kIncrement:
        return take_number(store_->increment(key, record.amount));
      case Kind::kAppend:
        return take_number(store_->append(key, argument));
      case Kind::kCompareAndSet:
        return take_yes(store_->compare_and_set(key, seen, argument));
      case Kind::kExpire:
        return take_yes(store_->expire(key, moment(record.deadline), record.expire_if));
      case Kind::kPersist:
        return take_yes(store_->persist(key));
    }
    return std::nullopt;
  }

  std::optional<Error> carry_out_set(Record& record, std::string_view key,
                                     const std::string& argument) {
    const bool plain = record.set_if == SetOptions::If::kAlways && record.deadline == 0 &&
                       !record.keep_deadline && !record.return_old &&
                       record.layout == Layout::kAuto;
    if (plain) {
      const auto done = store_->set(key, argument);
      record.yes = true;
      if (!done) return done.error();
    } else {
      SetOptions options{.condition = record.set_if,
                         .expire_at = std::nullopt,
                         .keep_deadline = record.keep_deadline,
                         .return_old = record.return_old,
                         .layout = record.layout};
      if (record.deadline != 0) options.expire_at = moment(record.deadline);
      const auto done = store_->set(key, argument, options);
      if (!done) return done.error();
      record.yes = done->written;
      record.has_found = done->old.has_value();
      if (done->old) record.found = digest_of(*done->old);
    }
    if (record.yes) seen_[record.key] = argument;
    return std::nullopt;
  }

  std::mt19937 random_;
  std::uint32_t process_;
  std::uint32_t number_ = 0;
  Result<Store> store_;
  /// What this process has last met under each key, for its compare_and_set.
  std::array<std::string, std::size(kKeys)> seen_;
};

// Enough for one history.
constexpr int kMostRounds = 600;

struct SharedHistory {
  SharedHistory() {
    pthread_barrierattr_t attributes;
    pthread_barrierattr_init(&attributes);
    pthread_barrierattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
    pthread_barrier_init(&barrier, &attributes, kProcesses);
  }
  pthread_barrier_t barrier;
  std::atomic<bool> failed{false};
  Record records[kProcesses][kMostRounds * kOperationsInARound];
};

/// The operations of many processes on a few keys, by key.
using Histories = std::array<std::vector<Operation>, std::size(kKeys)>;
Histories record_history(std::uint32_t seed, int rounds, const std::string& table) {
  const Shared<SharedHistory> shared;
  std::vector<pid_t> children;
  for (std::uint32_t process = 0; process < kProcesses; ++process)
    children.push_back(start_process([&, process] {
      Worker worker(seed, process, table);
      for (int round = 0; round < rounds; ++round) {
        pthread_barrier_wait(&shared->barrier);
        for (int turn = 0; turn < kOperationsInARound; ++turn)
          if (!worker.work(shared->records[process][round * kOperationsInARound + turn]))
            shared->failed = true;
      }
      return 0;
    }));
  for (const pid_t child : children) EXPECT_EQ(wait_for(child), 0);
  EXPECT_FALSE(shared->failed) << "an operation failed";

  Histories histories;
  for (const auto& records : shared->records)
    for (int number = 0; number < rounds * kOperationsInARound; ++number)
      histories[records[number].key].push_back(operation_of(records[number]));
  return histories;
}

/// Has the table's buckets halved and joined all the time, until it is stopped.
class GrowthBeside {
 public:
  explicit GrowthBeside(const std::string& table)
      : child_(start_process([this, table] { return grow_and_shrink(table); })) {}
  GrowthBeside(const GrowthBeside&) = delete;
  GrowthBeside& operator=(const GrowthBeside&) = delete;
  ~GrowthBeside() { EXPECT_EQ(wait_for(child_), 0) << "the one who adds and deletes failed"; }

  /// How often the number of buckets has changed up to now.
  std::uint64_t stop() {
    shared_->stop = true;
    return shared_->changes;
  }

 private:
  struct State {
    std::atomic<bool> stop{false};
    std::atomic<std::uint64_t> changes{0};
  };

  /// False if the table can't be looked at.
  bool count_change(Store& store, std::size_t& buckets) {
    const auto info = store.table_info();
    if (!info || !*info) return false;
    if (buckets != 0 && (*info)->bucket_keys.size() != buckets) ++shared_->changes;
    buckets = (*info)->bucket_keys.size();
    return true;
  }

  int grow_and_shrink(const std::string& table) {
    constexpr int kKeysBeside = 800;
    std::vector<std::string> keys;
    for (int number = 0; number < kKeysBeside; ++number)
      keys.push_back("beside " + std::to_string(number));
    const std::vector<std::string_view> views(keys.begin(), keys.end());
    std::vector<KeyValue> pairs;
    for (const std::string& key : keys) pairs.push_back({.key = key, .value = "value"});
    auto store = Store::open({.table = table, .timeout = kPatient});
    std::size_t buckets = 0;
    while (store && !shared_->stop) {
      const auto written = store->set_all(pairs);
      if (!written) return report(written.error());
      if (!count_change(*store, buckets)) return 2;
      const auto deleted = store->del_all(views);
      if (!deleted) return report(deleted.error());
      if (*deleted != keys.size()) return 3;
      const auto swept = store->sweep();
      if (!swept) return report(swept.error());
      if (!count_change(*store, buckets)) return 4;
    }
    return store ? 0 : report(store.error());
  }

  static int report(const Error& error) {
    std::cerr << error.message() << '\n';
    return 1;
  }

  Shared<State> shared_;
  pid_t child_;
};

class HistoryTest : public StoreTest {
 protected:
  void expect_linearizable(const std::string& table, bool beside);
};

void HistoryTest::expect_linearizable(const std::string& table, bool beside) {
  const std::uint32_t first_seed = test_seed();
  const int histories = full_length() ? 10 : 2;
  const int rounds = full_length() ? kMostRounds : kMostRounds / 2;
  // An emulated machine may halve nothing while a short history lasts.
  constexpr int kMostHistories = 40;
  std::size_t operations = 0;
  std::int64_t longest = 0;
  std::uint64_t changes = 0;
  const auto enough = [&](int done) { return done >= histories && (!beside || changes > 0); };
  for (int number = 0; !enough(number) && number < kMostHistories && !HasFailure(); ++number) {
    const std::uint32_t seed = first_seed + static_cast<std::uint32_t>(number);
    SCOPED_TRACE("IPSETKV_TEST_SEED=" + std::to_string(seed));
    std::cout << "IPSETKV_TEST_SEED=" << seed << std::endl;
    enter_private_namespace();
    std::optional<GrowthBeside> growth;
    if (beside) growth.emplace(table);
    const auto by_key = record_history(seed, rounds, table);
    if (growth) changes += growth->stop();
    growth.reset();
    for (std::size_t key = 0; key < by_key.size(); ++key) {
      SCOPED_TRACE(kKeys[key]);
      const Verdict verdict = check_linearizability(by_key[key]);
      EXPECT_TRUE(verdict.linearizable) << verdict.explanation;
      operations += by_key[key].size();
      for (const Operation& operation : by_key[key])
        longest = std::max(longest, operation.returned - operation.invoked);
    }
    Store store = open({.table = table});
    // Of two writes over one key the set of a long pair may be left (see src/store/table.cc).
    const std::uint64_t leftovers = store.sweep().value().leftovers;
    if (table.empty()) {
      EXPECT_EQ(leftovers, 0U);
    }
    EXPECT_EQ(store.sweep().value().leftovers, 0U);
  }
  if (beside) {
    EXPECT_GE(changes, 1U) << "the number of buckets never changed";
  }
  std::cout << operations << " operations, the longest took " << longest / 1'000'000
            << " ms; the number of buckets changed " << changes << " times" << std::endl;
}

TEST_F(HistoryTest, OfManyProcessesIsLinearizable) { expect_linearizable("", false); }
TEST_F(HistoryTest, OnATableIsLinearizable) { expect_linearizable("t", false); }
TEST_F(HistoryTest, OnATableThatGrowsAndShrinksIsLinearizable) { expect_linearizable("t", true); }

}  // namespace
}  // namespace ipsetkv::tests
