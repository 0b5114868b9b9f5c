// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <chrono>
#include <limits>

namespace ipsetkv::netlink {

/// The moment after which nobody waits any more. A timeout longer than poll(2) can wait at once
/// (24.8 days) counts as that, so that the longest one does not overflow into none.
[[nodiscard]] inline std::chrono::steady_clock::time_point deadline_after(
    std::chrono::milliseconds timeout) {
  constexpr std::chrono::milliseconds kLongestWait{std::numeric_limits<int>::max()};
  return std::chrono::steady_clock::now() + std::min(timeout, kLongestWait);
}

}  // namespace ipsetkv::netlink
