// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <chrono>
#include <limits>

#include "base/environment.h"

namespace ipsetkv::netlink {

/// The moment of the steady clock at which a wait of `timeout` ends. A timeout beyond what poll(2)
/// takes at once (24.8 days) counts as that, so that the longest one does not overflow.
[[nodiscard]] inline std::chrono::nanoseconds deadline_after(Environment& environment,
                                                             std::chrono::milliseconds timeout) {
  constexpr std::chrono::milliseconds kLongestWait{std::numeric_limits<int>::max()};
  return environment.now(Environment::Clock::kSteady) + std::min(timeout, kLongestWait);
}

}  // namespace ipsetkv::netlink
