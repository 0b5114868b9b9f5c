// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdint>
#include <ratio>

#include "base/environment.h"
#include "ipsetkv/options.h"

namespace ipsetkv::format {

using Milliseconds = std::chrono::duration<std::uint64_t, std::milli>;

/// A point in time by the wall clock, as stored: unsigned milliseconds since the epoch. Every
/// 64-bit number that a set may hold is one.
using Moment = std::chrono::sys_time<Milliseconds>;

[[nodiscard]] constexpr Moment moment_at(std::uint64_t milliseconds) {
  return Moment(Milliseconds(milliseconds));
}
[[nodiscard]] constexpr std::uint64_t milliseconds_of(Moment moment) {
  return moment.time_since_epoch().count();
}

/// The present time by the wall clock.
[[nodiscard]] Moment now(Environment& environment);

/// Converts a deadline of the public interface. One before the epoch's first millisecond becomes
/// 1, because 0 stands for no deadline.
[[nodiscard]] Moment moment_of(Deadline deadline);
[[nodiscard]] Deadline deadline_of(Moment moment);

/// The kernel timeout, in seconds, that keeps an element until `deadline`: one second more than
/// needed, because readers compare the exact deadline. 0, which is no timeout, beyond the kernel's
/// longest timeout (24.8 days): readers treat such a value as expired all the same, and `sweep`
/// frees its memory.
[[nodiscard]] std::uint32_t timeout_until(Moment deadline, Moment now);

}  // namespace ipsetkv::format
