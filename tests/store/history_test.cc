// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iostream>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ipsetkv/store.h"
#include "store/readers.h"
#include "store/store_fixture.h"
#include "support/corruption.h"
#include "support/full_length.h"
#include "support/history.h"
#include "support/linearizability.h"
#include "support/process.h"

namespace ipsetkv::tests {
namespace {

using std::chrono::milliseconds;
using Kind = Operation::Kind;

constexpr std::size_t kProcesses = 6;

constexpr Kind kKinds[] = {
    Kind::kGet,    Kind::kGet,       Kind::kGet,     Kind::kExists,        Kind::kGetRange,
    Kind::kSet,    Kind::kSet,       Kind::kSet,     Kind::kSet,           Kind::kSet,
    Kind::kDelete, Kind::kIncrement, Kind::kAppend,  Kind::kCompareAndSet, Kind::kCompareAndSet,
    Kind::kExpire, Kind::kExpire,    Kind::kPersist, Kind::kDeadline};

/// Sets, many of them with a deadline that passes at once, beside removals.
constexpr Kind kRemovals[] = {Kind::kSet,    Kind::kSet,    Kind::kExpire,
                              Kind::kDelete, Kind::kDelete, Kind::kGet};

Deadline moment(std::int64_t ms) { return Deadline(milliseconds(ms)); }

/// Executes operations on a Store of its own.
class StoreWorker : public HistoryWorker {
 public:
  StoreWorker(std::uint32_t seed, std::uint32_t process, const std::string& table,
              std::span<const Kind> kinds)
      : chooser_(seed, process, kinds),
        store_(Store::open({.table = table, .timeout = kPatient})) {}

  std::optional<std::size_t> work(std::span<Record> records) override {
    if (!store_) return fail(store_.error());
    for (Record& record : records) {
      record = chooser_.choose();
      const std::string argument = argument_of(record);
      record.begin();
      const std::optional<Error> error = execute(record, argument);
      record.end();
      if (error) return fail(*error);
    }
    return records.size();
  }

 private:
  static std::nullopt_t fail(const Error& error) {
    std::cerr << error.message() << '\n';
    return std::nullopt;
  }

  std::optional<Error> execute(Record& record, const std::string& argument) {
    const std::string_view key = kHistoryKeys[record.key];
    std::string& seen = chooser_.seen(record);
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
        record.has_deadline_found = *found && (*found)->deadline;
        if (record.has_deadline_found)
          record.deadline_found = (*found)->deadline->time_since_epoch().count();
        return std::nullopt;
      }
      case Kind::kGetRange: {
        const auto part = store_->get_range(key, record.first, record.last);
        if (!part) return part.error();
        record.take_found(*part);
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
      if (done->old) record.take_found(*done->old);
    }
    if (record.yes) chooser_.seen(record) = argument;
    return std::nullopt;
  }

  OperationChooser chooser_;
  Result<Store> store_;
};

Histories record_history_of_stores(std::uint32_t seed, std::size_t rounds, const std::string& table,
                                   std::span<const Kind> kinds = kKinds) {
  return record_history(std::vector<MakeWorker>(kProcesses,
                                                [&](std::uint32_t process) {
                                                  return std::make_unique<StoreWorker>(
                                                      seed, process, table, kinds);
                                                }),
                        rounds);
}

/// A child that makes the table's buckets split and merge continuously until it is stopped.
class ConcurrentGrowth {
 public:
  explicit ConcurrentGrowth(const std::string& table)
      : child_(start_process([this, table] { return grow_and_shrink(table); })) {}
  ConcurrentGrowth(const ConcurrentGrowth&) = delete;
  ConcurrentGrowth& operator=(const ConcurrentGrowth&) = delete;
  ~ConcurrentGrowth() { EXPECT_EQ(wait_for(child_), 0) << "the growing process failed"; }

  /// Stops the child. Returns how often the number of buckets has changed.
  std::uint64_t stop() {
    shared_->stop = true;
    return shared_->changes;
  }

 private:
  struct State {
    std::atomic<bool> stop{false};
    std::atomic<std::uint64_t> changes{0};
  };

  /// False if the table's metadata cannot be read.
  bool count_change(Store& store, std::size_t& buckets) {
    const auto info = store.table_info();
    if (!info || !*info) return false;
    if (buckets != 0 && (*info)->bucket_keys.size() != buckets) ++shared_->changes;
    buckets = (*info)->bucket_keys.size();
    return true;
  }

  int grow_and_shrink(const std::string& table) {
    constexpr int kOtherKeys = 800;
    std::vector<std::string> keys;
    for (int number = 0; number < kOtherKeys; ++number)
      keys.push_back("other " + std::to_string(number));
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
  void expect_linearizable(const std::string& table, bool with_growth);
};

void HistoryTest::expect_linearizable(const std::string& table, bool with_growth) {
  const std::uint32_t first_seed = test_seed();
  const int histories = full_length() ? 10 : 2;
  const std::size_t rounds = full_length() ? kMostRounds : kMostRounds / 2;
  // On an emulated machine no bucket may be split during a short history.
  constexpr int kMostHistories = 40;
  HistoryJudge judge;
  std::uint64_t changes = 0;
  const auto enough = [&](int done) { return done >= histories && (!with_growth || changes > 0); };
  for (int number = 0; !enough(number) && number < kMostHistories && !HasFailure(); ++number) {
    const std::uint32_t seed = first_seed + static_cast<std::uint32_t>(number);
    SCOPED_TRACE("IPSETKV_TEST_SEED=" + std::to_string(seed));
    std::cout << "IPSETKV_TEST_SEED=" << seed << std::endl;
    enter_private_namespace();
    std::optional<ConcurrentGrowth> growth;
    if (with_growth) growth.emplace(table);
    const Histories histories_by_key = record_history_of_stores(seed, rounds, table);
    if (growth) changes += growth->stop();
    growth.reset();
    judge.expect_linearizable(histories_by_key);
    Store store = open({.table = table});
    // Of two writes over one key the set of a long pair may be left (see
    // src/store/tables/table.cc).
    const std::uint64_t leftovers = store.sweep().value().leftovers;
    if (table.empty()) {
      EXPECT_EQ(leftovers, 0U);
    }
    EXPECT_EQ(store.sweep().value().leftovers, 0U);
  }
  if (with_growth) {
    EXPECT_GE(changes, 1U) << "the number of buckets never changed";
  }
  std::cout << judge.summary() << "; the number of buckets changed " << changes << " times"
            << std::endl;
}

// A process that removes keys does not know of the first deadline that another one writes.
TEST_F(HistoryTest, OfRemovalsInATableThatGetsItsFirstDeadlineIsLinearizable) {
  const std::uint32_t first_seed = test_seed();
  const std::uint32_t histories = full_length() ? 1'000 : 60;
  HistoryJudge judge;
  for (std::uint32_t seed = first_seed; seed - first_seed < histories && !HasFailure(); ++seed) {
    SCOPED_TRACE("IPSETKV_TEST_SEED=" + std::to_string(seed));
    enter_private_namespace();
    Store store = open({.table = "t"});
    expect_set(store, "other", "value");
    judge.expect_linearizable(record_history_of_stores(seed, 2, "t", kRemovals));
  }
  std::cout << judge.summary() << std::endl;
}

TEST_F(HistoryTest, OfManyProcessesIsLinearizable) { expect_linearizable("", false); }
TEST_F(HistoryTest, OnATableIsLinearizable) { expect_linearizable("t", false); }
TEST_F(HistoryTest, OnATableThatGrowsAndShrinksIsLinearizable) { expect_linearizable("t", true); }

}  // namespace
}  // namespace ipsetkv::tests
