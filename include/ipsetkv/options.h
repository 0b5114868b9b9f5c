// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace ipsetkv {

/// How a Store is opened. The defaults use the calling thread's network namespace.
struct Options {
  /// The name of a network namespace made by `ip netns add`; empty means the calling thread's.
  /// Entering another namespace needs CAP_SYS_ADMIN: in `Store::open`, and in a write that has to
  /// create a lock or take over the lock of a dead writer.
  std::string network_namespace;

  /// The name of the table that holds the keys: 1 to 12 letters, digits, '_' and '.'. The first
  /// write creates the table. Empty: each key has a set of its own, a drawer.
  std::string table;

  /// How long a write retries while others read the value that it replaces or hold the key's lock,
  /// and how long a call waits for a reply of the kernel. When it expires, the call fails with
  /// ErrorCode::kBusy, kLocked or kTimeout, and the old value stays. Ordinary calls take
  /// microseconds.
  std::chrono::milliseconds timeout{1000};
};

/// How a value is stored in its set. docs/format.md defines the exact forms.
enum class Layout : std::uint8_t {
  kAuto,      ///< kIpv4 up to kAutoIpv4Bytes, kComment above.
  kIpv4,      ///< Four bytes an address, as anyone would store a text by hand. 256 KiB at most.
  kIpv6,      ///< Sixteen bytes an address. 1 MiB at most.
  kComment,   ///< Up to 239 bytes a comment, readable in `ipset list`.
  kCounters,  ///< Sixteen bytes in the counters of a port: the densest layout. 1 MiB at most, 240
              ///< bytes less if the length is not a multiple of sixteen. A deadline, and a key that
              ///< cannot be a set's name, reduce that further.
};

/// A point in time in milliseconds since the epoch, by CLOCK_REALTIME.
using Deadline = std::chrono::sys_time<std::chrono::milliseconds>;

/// Options of `set`.
struct SetOptions {
  enum class If : std::uint8_t {
    kAlways,
    kAbsent,   ///< Write only if the key does not exist (NX).
    kPresent,  ///< Write only if the key exists (XX).
  };
  If condition = If::kAlways;
  /// When the value expires, at the same instant for every reader. In the past: the key is removed.
  std::optional<Deadline> expire_at;
  /// Keeps the deadline of a key that exists; `expire_at` then applies to a new key only.
  bool keep_deadline = false;
  /// Returns the previous value, read atomically with the write.
  bool return_old = false;
  Layout layout = Layout::kAuto;
};

/// The condition under which `expire` changes a key's deadline. A key without a deadline counts as
/// one with an infinite deadline.
enum class ExpireIf : std::uint8_t {
  kAlways,
  kHasNone,  ///< The key has no deadline (NX).
  kHasOne,   ///< The key has a deadline (XX).
  kLater,    ///< The new deadline is later than the present one (GT).
  kEarlier,  ///< The new deadline is earlier than the present one (LT).
};

}  // namespace ipsetkv
