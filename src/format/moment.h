// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdint>
#include <ratio>

#include "base/environment.h"
#include "ipsetkv/options.h"

namespace ipsetkv::format {

using Milliseconds = std::chrono::duration<std::uint64_t, std::milli>;

/// A moment by the wall clock as it is stored: unsigned milliseconds since the epoch, so that every
/// 64-bit number that a set may hold is one.
using Moment = std::chrono::sys_time<Milliseconds>;

[[nodiscard]] constexpr Moment moment_at(std::uint64_t milliseconds) {
  return Moment(Milliseconds(milliseconds));
}
[[nodiscard]] constexpr std::uint64_t milliseconds_of(Moment moment) {
  return moment.time_since_epoch().count();
}

/// The present one.
[[nodiscard]] Moment now(Environment& environment);

/// A deadline of the public interface. One before the epoch's first millisecond becomes that: 0
/// stands for no deadline.
[[nodiscard]] Moment moment_of(Deadline deadline);
[[nodiscard]] Deadline deadline_of(Moment moment);

/// The kernel timeout, in seconds, that keeps an element until `deadline`: a second more than
/// needed, since readers compare the exact moment. 0, for ever, beyond the longest timeout of the
/// kernel (24.8 days): readers end such a value all the same, and `sweep` frees its memory.
[[nodiscard]] std::uint32_t timeout_until(Moment deadline, Moment now);

}  // namespace ipsetkv::format
