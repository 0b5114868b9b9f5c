// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

#include "format/moment.h"
#include "ipsetkv/error.h"
#include "ipsetkv/options.h"
#include "ipsetkv/store.h"

namespace ipsetkv::store {

/// A key that is there, as a compound write finds it.
struct Present {
  std::size_t value_bytes = 0;
  std::optional<format::Moment> deadline;  ///< By the wall clock.
  Layout layout = Layout::kAuto;           ///< The one that the value lies in.
  /// The same if somebody has chosen it, since Layout::kAuto would have taken another.
  Layout chosen = Layout::kAuto;
};

[[nodiscard]] inline Found found_of(const Present& present) {
  Found found;
  if (present.deadline) found.deadline = format::deadline_of(*present.deadline);
  return found;
}

/// What a compound write does with what it found. Borrows the value. A write whose deadline has
/// passed removes the key.
struct Change {
  enum class Action : std::uint8_t { kLeave, kWrite, kRemove };
  Action action = Action::kLeave;
  std::string_view value;
  Layout layout = Layout::kAuto;
  bool or_auto = false;  ///< Layout::kAuto where the value is too long for that one.
  std::optional<format::Moment> deadline;
};

/// The change as it is to be executed at the moment `now`.
[[nodiscard]] inline Change resolve(Change change, format::Moment now) {
  const bool has_passed = change.deadline && *change.deadline <= now;
  if (change.action == Change::Action::kWrite && has_passed)
    change.action = Change::Action::kRemove;
  return change;
}

/// Decides over what is there, or over null where there is no such key. It may be asked again.
using Decide = std::function<Result<Change>(const Present* present)>;

/// What is to be done with the second key of a rename or copy.
struct Transfer {
  bool remove = false;   ///< The first key.
  bool replace = false;  ///< The second one, if there is one.
};

/// The error of a second step that failed when the first was done: it must not say that nothing was
/// changed, so the caller has to read the keys again.
[[nodiscard]] inline Error half_done(Error error) {
  if (error.code == ErrorCode::kNoMemory) error.code = ErrorCode::kOutcomeUnknown;
  return error;
}

}  // namespace ipsetkv::store
