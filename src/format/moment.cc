// SPDX-License-Identifier: MIT
#include "format/moment.h"

#include <algorithm>

#include "ipset/protocol.h"

namespace ipsetkv::format {
namespace {

// The longest timeout of a first chunk, in seconds; other chunks live a minute longer.
constexpr std::uint64_t kLongest = ipset::kMaxTimeout - 120;

}  // namespace

Moment now(Environment& environment) {
  const auto since_epoch = environment.now(Environment::Clock::kWall);
  return Moment(std::chrono::duration_cast<Milliseconds>(since_epoch));
}

Moment moment_of(Deadline deadline) {
  const std::int64_t milliseconds = deadline.time_since_epoch().count();
  return moment_at(static_cast<std::uint64_t>(std::max<std::int64_t>(milliseconds, 1)));
}

Deadline deadline_of(Moment moment) {
  return Deadline(std::chrono::milliseconds(static_cast<std::int64_t>(milliseconds_of(moment))));
}

std::uint32_t timeout_until(Moment deadline, Moment now) {
  if (deadline <= now) return 1;
  const auto seconds = std::chrono::ceil<std::chrono::duration<std::uint64_t>>(deadline - now) +
                       std::chrono::seconds(1);
  return seconds.count() > kLongest ? 0 : static_cast<std::uint32_t>(seconds.count());
}

}  // namespace ipsetkv::format
