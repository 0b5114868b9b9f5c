// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace ipsetkv {

/// How a Store is opened. The defaults serve a program that works in its own network namespace.
struct Options {
  /// A network namespace made by `ip netns add`, by its name; empty means the calling thread's.
  /// Entering another one needs CAP_SYS_ADMIN: while the Store is opened, and where a write has to
  /// make a lock or to take over a dead writer's.
  std::string network_namespace;

  /// The table that holds the keys, 1 to 12 letters, digits, '_' and '.'; it is made by the first
  /// write. Empty: each key has a set of its own, a drawer.
  std::string table;

  /// How long a write goes on trying while others read the value that it replaces, and how long an
  /// answer of the kernel is waited for. Beyond it a call fails with ErrorCode::kBusy or kTimeout,
  /// and the old value stays. Ordinary calls never come near it.
  std::chrono::milliseconds timeout{1000};
};

/// How a value lies in its set; docs/format.md has the exact forms.
enum class Layout : std::uint8_t {
  kAuto,      ///< kIpv4 up to kAutoIpv4Bytes, kComment above.
  kIpv4,      ///< Four bytes an address: a text is stored as anyone would by hand. 256 KiB at most.
  kIpv6,      ///< Sixteen bytes an address. 1 MiB at most.
  kComment,   ///< Up to 239 bytes a comment, readable in `ipset list`.
  kCounters,  ///< Sixteen bytes in the counters of a port: the densest. 1 MiB at most, 240 bytes
              ///< less where the length is no multiple of sixteen; a deadline or a key that cannot
              ///< be a set's name takes from that.
};

/// A moment in milliseconds since the epoch, by CLOCK_REALTIME.
using Deadline = std::chrono::sys_time<std::chrono::milliseconds>;

/// What `set` does beside making a value the key's.
struct SetOptions {
  enum class If : std::uint8_t {
    kAlways,
    kAbsent,   ///< Only where there is no such key (NX).
    kPresent,  ///< Only where there is one (XX).
  };
  If condition = If::kAlways;
  /// The value is gone at this moment, for every reader at once. In the past: the key is removed.
  std::optional<Deadline> expire_at;
  /// Leaves the deadline that the key has.
  bool keep_deadline = false;
  /// Returns what was there before. It is read in the same instant in which the value changes.
  bool return_old = false;
  Layout layout = Layout::kAuto;
};

/// When `expire` gives a key its new deadline. A key without one lives for ever.
enum class ExpireIf : std::uint8_t {
  kAlways,
  kHasNone,  ///< NX
  kHasOne,   ///< XX
  kLater,    ///< GT
  kEarlier,  ///< LT
};

}  // namespace ipsetkv
