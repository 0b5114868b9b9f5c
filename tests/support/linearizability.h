// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ipsetkv/options.h"

namespace ipsetkv::tests {

/// A value's length and hash, in place of the value, so that histories stay small.
struct Digest {
  std::uint64_t length = 0;
  std::uint64_t hash = 0;
  friend bool operator==(const Digest&, const Digest&) = default;
};
[[nodiscard]] Digest digest_of(std::string_view value);

/// One call of a Store on one key: its arguments, its result, and its time.
struct Operation {
  /// The comments name the members for arguments; after the semicolon, those for results.
  enum class Kind : std::uint8_t {
    kGet,            ///< ; `found`
    kExists,         ///< ; `yes`
    kDeadline,       ///< ; `yes` if the key exists, and its `deadline_found`
    kGetRange,       ///< `first`, `last`; `found`, the empty value if the key does not exist
    kSet,            ///< `argument`, `set_if`, `deadline`, `keep_deadline`, `return_old`;
                     ///< `yes` if written, `found` if `return_old`
    kDelete,         ///< `return_old`; `yes`, and `found` if `return_old`
    kIncrement,      ///< `amount`; `number`, or `refused` if the value is not a number
    kAppend,         ///< `argument`; `number`
    kCompareAndSet,  ///< `expected`, `argument`; `yes`
    kExpire,         ///< `deadline`, `expire_if`, `return_old`; `yes`, and `found` if `return_old`
    kPersist,        ///< `return_old`; `yes`, or if `return_old`, `found` instead
  };
  Kind kind = Kind::kGet;
  int process = 0;

  /// CLOCK_MONOTONIC before and after, in nanoseconds, which orders the operations.
  std::int64_t invoked = 0;
  std::int64_t returned = 0;
  /// CLOCK_REALTIME before and after, in nanoseconds, by which deadlines are defined.
  std::int64_t earliest = 0;
  std::int64_t latest = 0;

  std::string argument{};
  Digest expected{};
  SetOptions::If set_if = SetOptions::If::kAlways;
  ExpireIf expire_if = ExpireIf::kAlways;
  std::optional<std::int64_t> deadline{};  ///< In milliseconds.
  bool keep_deadline = false;
  bool return_old = false;
  std::int64_t amount = 0;
  std::int64_t first = 0;
  std::int64_t last = 0;

  bool yes = false;
  bool refused = false;
  std::int64_t number = 0;
  std::optional<Digest> found{};
  std::optional<std::int64_t> deadline_found{};

  [[nodiscard]] std::string description() const;
};

/// How far an operation's time may be off a deadline, in nanoseconds: the clocks of processes, and
/// deadlines, agree to a millisecond.
inline constexpr std::int64_t kClockGranularity = 1'000'000;

/// Whether the operations on one key, which does not exist at first, are linearizable: there is an
/// order in which each takes effect at some instant between its invocation and its response, and
/// returns what it did return. Keys expire by themselves. If there is no such order, `explanation`
/// shows where it fails.
///
/// The method is Wing and Gong's, with Lowe's memory of what was tried: a configuration is the set
/// of operations that have taken effect and the resulting state, and each configuration is examined
/// once. The history is cut where no operation is in progress; the possible states are carried
/// over.
struct Verdict {
  bool linearizable = true;
  std::string explanation;
};
[[nodiscard]] Verdict check_linearizability(std::vector<Operation> history);

}  // namespace ipsetkv::tests
