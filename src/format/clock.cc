// SPDX-License-Identifier: MIT
#include "format/clock.h"

#include <algorithm>
#include <chrono>

#include "ipset/protocol.h"

namespace ipsetkv::format {
namespace {

// The other chunks of a value live a minute longer than its first.
constexpr std::uint64_t kLongest = ipset::kMaxTimeout - 120;

}  // namespace

std::uint64_t now_ms() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
}

std::uint32_t life_until(std::uint64_t deadline, std::uint64_t now) {
  const std::uint64_t seconds = deadline <= now ? 1 : (deadline - now + 999) / 1000 + 1;
  return seconds > kLongest ? 0 : static_cast<std::uint32_t>(seconds);
}

std::uint64_t to_ms(Deadline deadline) {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(deadline.time_since_epoch().count(), 1));
}

Deadline from_ms(std::uint64_t milliseconds) {
  return Deadline(std::chrono::milliseconds(static_cast<std::int64_t>(milliseconds)));
}

}  // namespace ipsetkv::format
