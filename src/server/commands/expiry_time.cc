// SPDX-License-Identifier: MIT
#include "server/commands/expiry_time.h"

#include <chrono>
#include <limits>
#include <string>

namespace ipsetkv::server {

Deadline now() {
  return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

std::optional<TimeKind> time_kind(std::string_view word) {
  constexpr std::int64_t kSecond = 1000;
  if (is_word(word, "ex")) return TimeKind{kSecond, true};
  if (is_word(word, "px")) return TimeKind{1, true};
  if (is_word(word, "exat")) return TimeKind{kSecond, false};
  if (is_word(word, "pxat")) return TimeKind{1, false};
  return std::nullopt;
}

std::optional<Deadline> expiry_of(Call& call, std::int64_t number, TimeKind kind) {
  std::int64_t moment = 0;
  const std::int64_t base = kind.from_now ? now().time_since_epoch().count() : 0;
  if (__builtin_mul_overflow(number, kind.unit_ms, &moment) ||
      __builtin_add_overflow(moment, base, &moment)) {
    call.error("ERR invalid expire time in '" + call.command.full_name + "' command");
    return std::nullopt;
  }
  return Deadline(std::chrono::milliseconds(moment));
}

std::optional<Deadline> positive_expiry(Call& call, std::size_t index, TimeKind kind) {
  const auto number = call.integer(index);
  if (!number) return std::nullopt;
  if (*number <= 0) {
    call.error("ERR invalid expire time in '" + call.command.full_name + "' command");
    return std::nullopt;
  }
  return expiry_of(call, *number, kind);
}

}  // namespace ipsetkv::server
