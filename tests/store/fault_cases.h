// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ipset/connection.h"
#include "ipsetkv/store.h"
#include "store/faulty_environment.h"

/// What the fault-injection test runs: every operation, on every state of the key.
namespace ipsetkv::tests {

/// What an operation is told to work on.
struct Subject {
  std::string_view key;      ///< In the state that is tested.
  std::string_view present;  ///< Has the value kPresentValue, unless there is no table.
  std::string_view absent;   ///< Has none.
  std::string_view saved;    ///< Text of `save` with all three.
};
inline constexpr std::string_view kPresentValue = "the other value";

/// Options::timeout of every Store.
inline constexpr std::chrono::milliseconds kFaultTimeout{300};

/// The port id of a writer that has died: below all random ones, above all process ids.
inline constexpr std::uint32_t kDeadPort = 0x0060'0001;

/// What an operation has answered: an error, or its result as text.
struct Answer {
  std::optional<Error> error;
  std::string text;
  std::vector<std::string> changed;  ///< Keys that it has reported as changed, one by one.

  // NOLINTNEXTLINE(google-explicit-constructor)
  Answer(const Error& failure) : error(failure) {}
  // NOLINTNEXTLINE(google-explicit-constructor)
  Answer(std::string result) : text(std::move(result)) {}
};

struct Operation {
  std::string name;
  std::function<Answer(Store&, const Subject&)> run;
  /// Each key is for itself: after an error some may be changed.
  bool is_of_many = false;
  /// Moves the value of `key` to `present` or `absent`. After an error both may have it.
  bool moves = false;
  /// Goes through the special states too, which take long to make.
  bool is_thorough = false;
};
[[nodiscard]] const std::vector<Operation>& every_operation();

/// What the makers of states work with.
struct Scene {
  FaultyEnvironment& environment;
  std::string table;       ///< Empty: drawers.
  ipset::Connection& raw;  ///< To change sets without a Store.
  /// A listing that was not read to its end: the kernel neither renames, exchanges nor destroys the
  /// set. It ends when the environment sleeps.
  std::unique_ptr<Result<ipset::Listing>> reader;

  [[nodiscard]] bool is_table() const { return !table.empty(); }
  [[nodiscard]] Store open() const;
};

struct State {
  enum class For : std::uint8_t { kBoth, kDrawers, kTables };
  std::string name;
  For backend = For::kBoth;
  bool is_special = false;
  /// Makes the state, the other keys included, with `store`.
  std::function<void(Scene&, Store& store, const Subject&)> make;
};
[[nodiscard]] const std::vector<State>& every_state();

/// Every key with its value and deadline.
using Snapshot = std::map<std::string, std::string>;
[[nodiscard]] Snapshot snapshot_of(Store& store);

}  // namespace ipsetkv::tests
