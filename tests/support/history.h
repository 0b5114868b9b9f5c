// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "ipsetkv/options.h"
#include "support/linearizability.h"

namespace ipsetkv::tests {

/// The last key holds a number most of the time. One key cannot be a set's name, so its set is
/// named by its digest.
inline constexpr std::string_view kHistoryKeys[] = {"drawer", "cupboard", "a key that is no name",
                                                    "counter"};

/// One operation, as its process records it in shared memory.
struct Record {
  std::int64_t invoked;
  std::int64_t returned;
  std::int64_t earliest;
  std::int64_t latest;
  std::uint32_t process;
  std::uint32_t number;  ///< Makes the process's values distinct.
  std::uint32_t length;  ///< Of the argument, in bytes.
  Operation::Kind kind;
  std::uint8_t key;  ///< An index into kHistoryKeys.
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

  /// Records the time before the operation.
  void begin();
  /// Records the time after the operation.
  void end();
  void take_found(std::string_view value);
};
static_assert(std::is_trivially_copyable_v<Record>);

/// The value that a record's operation writes.
[[nodiscard]] std::string argument_of(const Record& record);

/// Chooses random operations for one process.
class OperationChooser {
 public:
  /// Chooses among `kinds`; a kind that occurs twice is chosen twice as often.
  OperationChooser(std::uint32_t seed, std::uint32_t process,
                   std::span<const Operation::Kind> kinds)
      : random_(seed * 64 + process), process_(process), kinds_(kinds) {}

  [[nodiscard]] Record choose();
  std::uint32_t below(std::uint32_t limit) { return static_cast<std::uint32_t>(random_() % limit); }
  bool one_in(std::uint32_t chances) { return below(chances) == 0; }

  /// The value that this process last read from the record's key, for compare-and-set.
  std::string& seen(const Record& record) { return seen_[record.key]; }

 private:
  std::int64_t random_deadline();
  void choose_set(Record& record);

  std::mt19937 random_;
  std::uint32_t process_;
  std::span<const Operation::Kind> kinds_;
  std::uint32_t number_ = 0;
  std::array<std::string, std::size(kHistoryKeys)> seen_;
};

/// Executes operations in a process of its own.
class HistoryWorker {
 public:
  HistoryWorker() = default;
  HistoryWorker(const HistoryWorker&) = delete;
  HistoryWorker& operator=(const HistoryWorker&) = delete;
  virtual ~HistoryWorker() = default;

  /// Executes and records up to `records.size()` operations, and returns how many. Empty, with the
  /// reason printed, if an operation failed that must not.
  virtual std::optional<std::size_t> work(std::span<Record> records) = 0;
};
/// Makes a worker. Called in the worker's own process.
using MakeWorker = std::function<std::unique_ptr<HistoryWorker>(std::uint32_t process)>;

/// All processes wait for each other after this many operations. No operation is in progress then,
/// so the checker can start afresh from the possible states.
inline constexpr std::size_t kOperationsInARound = 8;
inline constexpr std::size_t kMostWorkers = 8;
/// The most rounds of one history.
inline constexpr std::size_t kMostRounds = 600;

/// The operations of many processes on a few keys, by key.
using Histories = std::array<std::vector<Operation>, std::size(kHistoryKeys)>;
/// Runs all workers concurrently. Fails the test if one of them fails.
[[nodiscard]] Histories record_history(const std::vector<MakeWorker>& workers, std::size_t rounds);

/// Checks histories and counts their operations.
class HistoryJudge {
 public:
  /// Fails the test if a history is not linearizable.
  void expect_linearizable(const Histories& histories);

  [[nodiscard]] std::size_t operations() const { return operations_; }
  /// The number of operations and the duration of the longest, for people.
  [[nodiscard]] std::string summary() const;

 private:
  std::size_t operations_ = 0;
  std::int64_t longest_ = 0;
};

}  // namespace ipsetkv::tests
