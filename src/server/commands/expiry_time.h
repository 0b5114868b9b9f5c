// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "ipsetkv/options.h"
#include "server/exec/call.h"

namespace ipsetkv::server {

/// How a command gives a moment: in seconds or milliseconds, from now or from the epoch on.
struct TimeKind {
  std::int64_t unit_ms = 1000;
  bool from_now = true;
};

[[nodiscard]] Deadline now();

/// What EX, PX, EXAT and PXAT stand for.
[[nodiscard]] std::optional<TimeKind> time_kind(std::string_view word);

/// The moment that `number` is; nothing, and the error reply, where it is none that can be reckoned
/// with.
[[nodiscard]] std::optional<Deadline> expiry_of(Call& call, std::int64_t number, TimeKind kind);

/// The same of a word of SET and its like, which have to be positive.
[[nodiscard]] std::optional<Deadline> positive_expiry(Call& call, std::size_t index, TimeKind kind);

}  // namespace ipsetkv::server
