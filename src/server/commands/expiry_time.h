// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "ipsetkv/options.h"
#include "server/exec/call.h"

namespace ipsetkv::server {

/// How a command gives a time: in seconds or milliseconds, from now or since the epoch.
struct TimeKind {
  std::int64_t unit_ms = 1000;
  bool from_now = true;
};

[[nodiscard]] Deadline now();

/// The kind that EX, PX, EXAT and PXAT name.
[[nodiscard]] std::optional<TimeKind> time_kind(std::string_view word);

/// The deadline for `number`; nothing, and the error reply, if it is out of
/// range.
[[nodiscard]] std::optional<Deadline> expiry_of(Call& call, std::int64_t number, TimeKind kind);

/// The same for a word of SET and the like, where the number must be positive.
[[nodiscard]] std::optional<Deadline> positive_expiry(Call& call, std::size_t index, TimeKind kind);

}  // namespace ipsetkv::server
