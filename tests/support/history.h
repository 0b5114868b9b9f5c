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

/// The last one holds a number most of the time; one needs its digest for a name.
inline constexpr std::string_view kHistoryKeys[] = {"drawer", "cupboard", "a key that is no name",
                                                    "counter"};

/// One operation as its process leaves it in memory that processes share.
struct Record {
  std::int64_t invoked;
  std::int64_t returned;
  std::int64_t earliest;
  std::int64_t latest;
  std::uint32_t process;
  std::uint32_t number;  ///< Tells the process' values apart.
  std::uint32_t length;  ///< Of the argument.
  Operation::Kind kind;
  std::uint8_t key;  ///< In kHistoryKeys.
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

  /// Notes the time before the operation, and after it.
  void begin();
  void end();
  void take_found(std::string_view value);
};
static_assert(std::is_trivially_copyable_v<Record>);

/// What a record's operation writes.
[[nodiscard]] std::string argument_of(const Record& record);

/// Chooses random operations for one process.
class OperationChooser {
 public:
  /// Of these kinds; one that is there twice is chosen twice as often.
  OperationChooser(std::uint32_t seed, std::uint32_t process,
                   std::span<const Operation::Kind> kinds)
      : random_(seed * 64 + process), process_(process), kinds_(kinds) {}

  [[nodiscard]] Record choose();
  std::uint32_t below(std::uint32_t limit) { return static_cast<std::uint32_t>(random_() % limit); }
  bool one_in(std::uint32_t chances) { return below(chances) == 0; }

  /// What this process has last met under a key, for its compare-and-set.
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

/// One who does operations in a process of its own.
class HistoryWorker {
 public:
  HistoryWorker() = default;
  HistoryWorker(const HistoryWorker&) = delete;
  HistoryWorker& operator=(const HistoryWorker&) = delete;
  virtual ~HistoryWorker() = default;

  /// Does and records some operations, for which there is room: how many. Nothing, and the reason
  /// printed, if one failed that must not.
  virtual std::optional<std::size_t> work(std::span<Record> room) = 0;
};
/// Makes the worker of a process, in it.
using MakeWorker = std::function<std::unique_ptr<HistoryWorker>(std::uint32_t process)>;

/// All processes meet after so many operations: nothing is under way then, and the checker begins
/// anew from what may be there.
inline constexpr std::size_t kOperationsInARound = 8;
inline constexpr std::size_t kMostWorkers = 8;
/// Enough for one history.
inline constexpr std::size_t kMostRounds = 600;

/// The operations of many processes on a few keys, by key.
using Histories = std::array<std::vector<Operation>, std::size(kHistoryKeys)>;
/// Starts all workers, and has them work side by side. Fails the test where one of them does.
[[nodiscard]] Histories record_history(const std::vector<MakeWorker>& workers, std::size_t rounds);

/// Looks at histories, and counts what is in them.
class HistoryJudge {
 public:
  /// Fails the test where one of them cannot be put in order.
  void expect_linearizable(const Histories& histories);

  [[nodiscard]] std::size_t operations() const { return operations_; }
  /// How many there were, and how long the longest took.
  [[nodiscard]] std::string summary() const;

 private:
  std::size_t operations_ = 0;
  std::int64_t longest_ = 0;
};

}  // namespace ipsetkv::tests
