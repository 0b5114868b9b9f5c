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

/// A value, told apart from others by its length and a hash, so that histories stay small.
struct Digest {
  std::uint64_t length = 0;
  std::uint64_t hash = 0;
  friend bool operator==(const Digest&, const Digest&) = default;
};
[[nodiscard]] Digest digest_of(std::string_view value);

/// One call of a Store about one key: what it was asked, what it answered, and when.
struct Operation {
  enum class Kind : std::uint8_t {
    kGet,            ///< `found`
    kExists,         ///< `yes`
    kDeadline,       ///< `yes` if there is the key, and its `deadline_found`
    kGetRange,       ///< `first`, `last`; `found`, which is the empty value if there is no key
    kSet,            ///< `argument`, `set_if`, `deadline`, `keep_deadline`, `return_old`;
                     ///< `yes` if written, `found` if `return_old`
    kDelete,         ///< `return_old`; `yes`, and `found` if `return_old`
    kIncrement,      ///< `amount`; `number`, or `refused` if the value is no number
    kAppend,         ///< `argument`; `number`
    kCompareAndSet,  ///< `expected`, `argument`; `yes`
    kExpire,         ///< `deadline`, `expire_if`, `return_old`; `yes`, and `found` if `return_old`
    kPersist,        ///< `yes`, or if `return_old`, `found` alone
  };
  Kind kind = Kind::kGet;
  int process = 0;

  /// CLOCK_MONOTONIC before and after, in nanoseconds: this orders the operations.
  std::int64_t invoked = 0;
  std::int64_t returned = 0;
  /// CLOCK_REALTIME before and after, in nanoseconds: this is what deadlines mean.
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

/// How exactly the clocks of processes and deadlines agree.
inline constexpr std::int64_t kClockGranularity = 1'000'000;

/// Whether there is an order of the operations on one key, each at some instant between its
/// invocation and its response, in which every one answers what it did, beginning without the key.
/// A deadline passes by itself. If there is none, says what cannot be put in order.
///
/// The method is Wing and Gong's, with Lowe's memory of what was tried: a configuration is which
/// operations have taken effect, and what that left. Each is looked at once. The history is cut
/// where nothing is under way, and what may have been left there is carried over.
struct Verdict {
  bool linearizable = true;
  std::string explanation;
};
[[nodiscard]] Verdict check_linearizability(std::vector<Operation> history);

}  // namespace ipsetkv::tests
