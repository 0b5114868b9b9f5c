// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

namespace ipsetkv::server {

/// The flags that COMMAND INFO shows, with Redis' meaning.
enum class RedisFlag : std::uint32_t {
  kWrite = 1U << 0U,
  kReadOnly = 1U << 1U,
  kDenyOom = 1U << 2U,
  kAdmin = 1U << 3U,
  kPubSub = 1U << 4U,
  kNoScript = 1U << 5U,
  kLoading = 1U << 6U,
  kStale = 1U << 7U,
  kSkipMonitor = 1U << 8U,
  kSkipSlowLog = 1U << 9U,
  kFast = 1U << 10U,
  kNoAuth = 1U << 11U,
  kNoMulti = 1U << 12U,
};

/// What only this server needs to know of a command.
enum class Trait : std::uint32_t {
  /// No other client's command is executed meanwhile. In Redis that is so for all commands.
  kAlone = 1U << 0U,
  /// Executed at once inside MULTI too, instead of being queued.
  kNotQueued = 1U << 1U,
  /// Only for clients that ServeOptions::debug allows.
  kDebug = 1U << 2U,
  /// Replied to in spite of CLIENT REPLY OFF and SKIP: pushes, and what turns replies on again.
  kAlwaysReplies = 1U << 3U,
};

/// Flags of both kinds.
class CommandFlags {
 public:
  constexpr CommandFlags() = default;
  constexpr CommandFlags(RedisFlag flag) : redis_(static_cast<std::uint32_t>(flag)) {}
  constexpr CommandFlags(Trait trait) : traits_(static_cast<std::uint32_t>(trait)) {}

  [[nodiscard]] constexpr bool has(RedisFlag flag) const {
    return (redis_ & static_cast<std::uint32_t>(flag)) != 0;
  }
  [[nodiscard]] constexpr bool has(Trait trait) const {
    return (traits_ & static_cast<std::uint32_t>(trait)) != 0;
  }
  [[nodiscard]] constexpr CommandFlags with(CommandFlags more) const {
    more.redis_ |= redis_;
    more.traits_ |= traits_;
    return more;
  }

 private:
  std::uint32_t redis_ = 0;
  std::uint32_t traits_ = 0;
};

[[nodiscard]] constexpr CommandFlags operator|(CommandFlags one, CommandFlags other) {
  return one.with(other);
}
[[nodiscard]] constexpr CommandFlags operator|(RedisFlag one, CommandFlags other) {
  return other.with(one);
}
[[nodiscard]] constexpr CommandFlags operator|(Trait one, CommandFlags other) {
  return other.with(one);
}

}  // namespace ipsetkv::server
