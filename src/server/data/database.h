// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "ipsetkv/error.h"
#include "ipsetkv/options.h"
#include "ipsetkv/store.h"

namespace ipsetkv::server {

/// The keys and values that commands work on, wherever they are kept. One object belongs to one
/// worker thread.
///
/// Atomic: each call that changes one key takes effect at one instant and excludes every other
/// writer of that key, in any process. Calls for several keys change one key after the other; the
/// server's CommandLock makes them one step for the clients of one server.
///
/// Errors are those of ipsetkv::Store. kLocked and kBusy (see `is_held_by_others`) say that another
/// process holds or reads what the call needs. An implementation waits for that only a few
/// milliseconds, because the thread serves other clients too; the caller retries later. After
/// either error a call for one key has changed nothing.
///
/// Views and callbacks are borrowed for the length of the call. A callback must not use the
/// Database.
class Database {
 public:
  using Decide = std::function<Result<Update>(const Found* found)>;
  using VisitValue = std::function<void(std::size_t index, std::optional<std::string_view> value)>;
  using VisitWritten = std::function<void(std::size_t index, const Result<void>& written)>;
  using VisitRemoved = std::function<void(std::size_t index, bool removed)>;
  using VisitKey = std::function<void(const KeyInfo& info)>;

  Database() = default;
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;
  virtual ~Database() = default;

  /// Whether this can be a key at all. Errors: kKeyEmpty, kKeyTooLong.
  [[nodiscard]] virtual Result<void> check_key(std::string_view key) const = 0;

  /// Reads the value of `key` into `value`, whose memory is reused; false, and an empty `value`, if
  /// there is no such key.
  [[nodiscard]] virtual Result<bool> get(std::string_view key, std::string& value) = 0;
  /// The same, with the deadline at that instant; nothing if there is no such key.
  [[nodiscard]] virtual Result<std::optional<Found>> find(std::string_view key,
                                                          std::string& value) = 0;
  [[nodiscard]] virtual Result<bool> exists(std::string_view key) = 0;
  /// The deadline alone; nothing if there is no such key.
  [[nodiscard]] virtual Result<std::optional<Found>> find_deadline(std::string_view key) = 0;
  /// The bytes from `first` to `last`; negative numbers count from the end. Empty if there is no
  /// such key.
  [[nodiscard]] virtual Result<std::string> get_range(std::string_view key, std::int64_t first,
                                                      std::int64_t last) = 0;

  [[nodiscard]] virtual Result<void> set(std::string_view key, std::string_view value) = 0;
  [[nodiscard]] virtual Result<SetResult> set(std::string_view key, std::string_view value,
                                              const SetOptions& options) = 0;
  /// Reads `key` into `value`, calls `decide`, and does what it returns; no other writer comes in
  /// between. `decide` gets null if there is no such key, may change `value` and return a view of
  /// it, and is called again after a conflict. Returns whether anything changed.
  [[nodiscard]] virtual Result<bool> update(std::string_view key, std::string& value,
                                            const Decide& decide) = 0;
  /// Removes the deadline; false if there is no such key or it has none.
  [[nodiscard]] virtual Result<bool> persist(std::string_view key) = 0;
  /// Adds to the decimal number in `key`. kNotANumber also if the sum has more than 64 bits.
  [[nodiscard]] virtual Result<std::int64_t> increment(std::string_view key,
                                                       std::int64_t amount) = 0;
  /// Both return the value's new length.
  [[nodiscard]] virtual Result<std::uint64_t> append(std::string_view key,
                                                     std::string_view tail) = 0;
  [[nodiscard]] virtual Result<std::uint64_t> set_range(std::string_view key, std::uint64_t offset,
                                                        std::string_view part) = 0;
  /// Gives the value and deadline of `key` to `new_key`; false if there is no such key, or there is
  /// a `new_key` that must not be replaced. If `rename` fails with kBusy both keys may be there.
  [[nodiscard]] virtual Result<bool> rename(std::string_view key, std::string_view new_key,
                                            bool only_if_absent) = 0;
  [[nodiscard]] virtual Result<bool> copy(std::string_view key, std::string_view new_key,
                                          bool replace) = 0;

  /// Reads many keys at once, in any order. After an error some were not visited.
  [[nodiscard]] virtual Result<void> get_all(std::span<const std::string_view> keys,
                                             const VisitValue& visit) = 0;
  /// Writes many keys at once, in any order, and reports each result to `visit`. An error that is
  /// returned is that of every pair that was not visited. Of a key that is there twice the later
  /// value stays. `on_held`: whether pairs that are not tried yet are, once one has ended in
  /// kLocked or kBusy; of pairs that go to the kernel together some may be written in any case.
  enum class OnHeld : std::uint8_t { kContinue, kStop };
  [[nodiscard]] virtual Result<void> set_all(std::span<const KeyValue> pairs, OnHeld on_held,
                                             const VisitWritten& visit) = 0;
  /// Removes many keys and reports each that was tried without error. Returns the first error;
  /// kLocked and kBusy end the call, kNotAValue and kReferenced do not.
  [[nodiscard]] virtual Result<void> del_all(std::span<const std::string_view> keys,
                                             const VisitRemoved& visit) = 0;
  /// Removes every key. After an error some are gone.
  [[nodiscard]] virtual Result<void> clear() = 0;

  /// Visits every key that matches `pattern`, in any order. A key that comes or goes meanwhile may
  /// be visited or not.
  [[nodiscard]] virtual Result<void> for_each(std::string_view pattern, const VisitKey& visit) = 0;
  /// A page of the keys that match; begin with cursor 0 and go on until it is 0 again.
  [[nodiscard]] virtual Result<ScanPage> scan(std::uint64_t cursor, std::string_view pattern,
                                              std::size_t count) = 0;
  /// What is known about a key without its value; nothing if there is no such key.
  [[nodiscard]] virtual Result<std::optional<KeyInfo>> info(std::string_view key) = 0;
  /// What is known about all keys together; nothing if that would take a visit to each.
  [[nodiscard]] virtual Result<std::optional<TableInfo>> table_info() = 0;

  /// A number for what a call on `key` may have to wait for: while one call ends in kLocked, others
  /// with the same number most likely do too. Nothing if such a call never waits.
  enum class Access : std::uint8_t { kRead, kWrite };
  [[nodiscard]] virtual std::optional<std::uint64_t> lock_of(std::string_view key,
                                                             Access access) const = 0;
};

/// Whether a call failed only because another process held or read what it needs, so that the same
/// call can succeed later.
[[nodiscard]] inline bool is_held_by_others(const Error& error) {
  return error.code == ErrorCode::kLocked || error.code == ErrorCode::kBusy;
}

}  // namespace ipsetkv::server
