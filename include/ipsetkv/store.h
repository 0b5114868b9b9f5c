// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ipsetkv/error.h"
#include "ipsetkv/export.h"
#include "ipsetkv/options.h"

namespace ipsetkv {

class Environment;  // Of the library's own.

/// The longest key, in bytes.
inline constexpr std::size_t kMaxKeyBytes = 65'536;

/// The longest value, in bytes. The layouts other than Layout::kComment hold less: 65,536 chunks of
/// 4 or 16 bytes.
inline constexpr std::size_t kMaxValueBytes = std::size_t{512} * 1024 * 1024;
inline constexpr std::size_t kMaxIpv4Bytes = 262'144;
inline constexpr std::size_t kMaxIpv6Bytes = 1'048'576;
inline constexpr std::size_t kMaxCountersBytes = 1'048'576;
/// Layout::kAuto uses Layout::kIpv4 up to this length, in bytes, and Layout::kComment above.
inline constexpr std::size_t kAutoIpv4Bytes = 256;

/// A key's metadata.
struct KeyInfo {
  std::string key;
  std::string set_name;
  std::string type;    ///< The kernel's set type, such as "hash:ip,port".
  std::string layout;  ///< The value's layout: "ipv4", "ipv6", "comment" or "counters".
  std::uint64_t elements = 0;
  std::uint64_t value_bytes = 0;
  /// "Size in memory" as in `ipset list`, in bytes. The kernel does not count the hash table's own
  /// pointers, eight bytes for each of the set's `hashsize` buckets.
  std::uint64_t kernel_memory = 0;
  std::optional<Deadline> deadline;  ///< Unset: the key never expires.
};

/// A table's metadata.
struct TableInfo {
  std::string name;
  std::uint64_t keys = 0;           ///< Includes expired keys that the kernel has not removed yet.
  std::uint64_t long_pairs = 0;     ///< Keys that have a set of their own; counted in `keys`.
  std::uint64_t sets = 0;           ///< All sets of the table.
  std::uint64_t kernel_memory = 0;  ///< The sum of their "Size in memory", in bytes.
  std::vector<std::uint64_t> bucket_keys;  ///< The number of keys in each bucket, sorted.
};

/// A key with its value. Borrows both.
struct KeyValue {
  std::string_view key;
  std::string_view value;
  std::optional<Deadline> deadline = std::nullopt;  ///< Unset: the key lives for ever.
};

/// What `find`, `deadline` and `update` report about an existing key, beside its value.
struct Found {
  std::optional<Deadline> deadline;  ///< Unset: the key never expires.
};

/// What `update` does with the key.
struct Update {
  enum class Action : std::uint8_t { kLeave, kWrite, kRemove };
  Action action = Action::kLeave;
  std::string_view value;            ///< With kWrite: the new value. Borrowed.
  std::optional<Deadline> deadline;  ///< With kWrite: unset for none. In the past: removes the key.
};

/// The outcome of `set` with options.
struct SetResult {
  bool written = false;            ///< Whether the condition held.
  std::optional<std::string> old;  ///< With SetOptions::return_old: the previous value.
};

/// What `sweep` removed.
struct SweepResult {
  std::uint64_t expired = 0;    ///< Expired keys.
  std::uint64_t leftovers = 0;  ///< Sets of writers that died.
};

/// What `restore` does with a key that exists.
enum class IfExists : std::uint8_t {
  kFail,     ///< Stop with kKeyExists.
  kReplace,  ///< Write the saved value.
  kKeep,     ///< Leave the key as it is.
};

/// What `restore` has done so far.
struct RestoreResult {
  std::uint64_t restored = 0;
  std::uint64_t kept = 0;     ///< Existing keys left alone under IfExists::kKeep.
  std::uint64_t expired = 0;  ///< Keys not restored because they have expired since.
  std::uint64_t foreign = 0;  ///< Sets skipped because they are not values.
};

/// A page of `scan`.
struct ScanPage {
  std::uint64_t next_cursor = 0;  ///< 0: this is the last page.
  std::vector<std::string> keys;
};

/// Keys and values in the kernel's IP sets. Each key has a set of its own (a "drawer"); with
/// Options::table, many keys share few sets (a "table").
///
/// The data belongs to the network namespace: it outlives this object and this process, and every
/// process with CAP_NET_ADMIN in that namespace reads and writes the same keys. A Store holds one
/// netlink socket and no copy of any value.
///
/// Threads: one thread at a time may use a Store. Open one Store for each thread, and a new one in
/// a child after fork. Opening takes about ten microseconds.
///
/// Other processes: every reader sees the whole old value or the whole new one. Every call that
/// changes one key is atomic and linearizable with all other calls on that key, from any process: a
/// writer holds a lock in the kernel, one of sixteen chosen by the key, for some microseconds. A
/// process that dies during a write leaves the old or the new value; the next writer takes over its
/// lock.
///
/// Limits: keys of 1 to 65,536 bytes, values of 0 to kMaxValueBytes, any bytes in both.
///
/// Errors: any call may fail with the kernel's errors (ErrorCategory::kKernel), any call with a key
/// also with kKeyEmpty and kKeyTooLong; a write also with kValueTooLong. Comments name the errors
/// that are specific to a call.
///
/// Sets that are not values (a firewall's, fail2ban's) are never changed and never listed; a call
/// with the name of one as key returns ErrorCode::kNotAValue. One foreign set cannot be
/// distinguished: an empty hash:ip,port set without options reads as the empty value.
class IPSETKV_EXPORT Store {
 public:
  /// Connects to the kernel. Errors: kNotPermitted, kNoIpset, kNamespaceMissing, kSystemCall.
  [[nodiscard]] static Result<Store> open(const Options& options = {});

  Store(Store&& other) noexcept;
  Store& operator=(Store&& other) noexcept;
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;
  ~Store();

  /// Reads `key` into `value`, reusing its memory. Returns false if the key does not exist; `value`
  /// is then empty, as it is after an error. If keys of the same lock have changed their set's
  /// type, a lookup that finds nothing is repeated under the lock and may return kLocked, as a
  /// write does.
  [[nodiscard]] Result<bool> get(std::string_view key, std::string& value);
  /// The same, into a new string.
  [[nodiscard]] Result<std::optional<std::string>> get(std::string_view key);

  /// Reads `key` as `get` does, and its deadline in the same atomic read. Empty if the key does not
  /// exist.
  [[nodiscard]] Result<std::optional<Found>> find(std::string_view key, std::string& value);

  /// Sets `key` to `value`, without a deadline, whether or not the key exists. After an error the
  /// old value is still in place. Firewall rules that refer to the key's set stay valid.
  [[nodiscard]] Result<void> set(std::string_view key, std::string_view value);
  [[nodiscard]] Result<void> set(std::string_view key, std::span<const std::byte> value);
  /// The same with a condition, a deadline, a layout, or the old value returned. Atomic.
  [[nodiscard]] Result<SetResult> set(std::string_view key, std::string_view value,
                                      const SetOptions& options);

  /// Removes `key`. Returns false if it does not exist; kReferenced if a firewall rule or a
  /// list:set refers to its set, which the kernel then keeps.
  [[nodiscard]] Result<bool> del(std::string_view key);

  /// Writes many keys: in a table with few system calls, in drawers one after the other. Each key
  /// changes at an instant of its own, so another process may see some changed and others not yet.
  /// A pair whose deadline has passed removes its key. If a key occurs twice, the later pair wins.
  /// After an error some pairs are written.
  ///
  /// `visit` is called with the result of each pair, in any order; it must not use this Store. With
  /// a `visit` a pair's error does not end the call. If the call returns an error all the same,
  /// that is the error of all pairs that `visit` was not called for; each may be written or not.
  [[nodiscard]] Result<void> set_all(
      std::span<const KeyValue> pairs,
      const std::function<void(std::size_t index, const Result<void>& written)>& visit = {});
  /// Reads many keys. Calls `visit` for each, in any order, with its index in `keys` and its value,
  /// empty if the key does not exist. Each read is atomic, the call is not. `visit` must not use
  /// this Store.
  [[nodiscard]] Result<void> get_all(
      std::span<const std::string_view> keys,
      const std::function<void(std::size_t index, std::optional<std::string_view> value)>& visit);
  /// Removes many keys and returns how many existed. Calls `visit` for each key. The call is not
  /// atomic. A set that is not a value (kNotAValue) or that a firewall rule refers to (kReferenced)
  /// does not stop it: the first such error is returned once all other keys are removed. `visit`
  /// must not use this Store.
  [[nodiscard]] Result<std::uint64_t> del_all(
      std::span<const std::string_view> keys,
      const std::function<void(std::size_t index, bool deleted)>& visit = {});

  /// Whether `key` has a value. False for a set that is not a value.
  [[nodiscard]] Result<bool> exists(std::string_view key);

  /// The metadata of `key`; empty if the key does not exist.
  [[nodiscard]] Result<std::optional<KeyInfo>> info(std::string_view key);

  /// Calls `visit` for every key that matches `pattern`, in no particular order. Reads each key's
  /// set, to verify that it is a value: this costs as much as reading all values. A key that exists
  /// throughout the call is visited once; one that is created or removed meanwhile may be visited
  /// or not. `visit` must not use this Store.
  ///
  /// Patterns are those of Redis: `*` matches any bytes, `?` one byte, `[abc]`, `[a-z]` and `[^a]`
  /// one byte of a class; `\` makes the next character literal.
  [[nodiscard]] Result<void> for_each(std::string_view pattern,
                                      const std::function<void(const KeyInfo&)>& visit);

  /// The keys that match `pattern`, sorted by their bytes.
  [[nodiscard]] Result<std::vector<std::string>> keys(std::string_view pattern = "*");

  /// The keys that match `pattern`, a page at a time. Start with cursor 0, continue with the
  /// `next_cursor` of each page. A page examines at least `count` sets. A key that exists
  /// throughout the scan is returned once; one that is created or removed meanwhile may be returned
  /// or not.
  [[nodiscard]] Result<ScanPage> scan(std::uint64_t cursor, std::string_view pattern = "*",
                                      std::size_t count = 10);

  /// What `find` returns, without reading the value; empty if the key does not exist.
  [[nodiscard]] Result<std::optional<Found>> deadline(std::string_view key);
  /// Sets the deadline of `key`. Returns false if the key does not exist or the condition does not
  /// hold. A deadline in the past removes the key.
  [[nodiscard]] Result<bool> expire(std::string_view key, Deadline deadline,
                                    ExpireIf condition = ExpireIf::kAlways);
  /// Removes the deadline of `key`. Returns false if the key does not exist or has no deadline.
  [[nodiscard]] Result<bool> persist(std::string_view key);

  /// Reads `key` into `value`, calls `decide`, and executes the action that it returns; atomic with
  /// respect to other writers. Returns whether the key was changed. `decide` receives null if the
  /// key does not exist. It may change `value` and return a view of it, and must not use this
  /// Store. It is called again if another writer interfered. An error of `decide` ends the call and
  /// is returned. The layout is kept as in `compare_and_set`.
  [[nodiscard]] Result<bool> update(std::string_view key, std::string& value,
                                    const std::function<Result<Update>(const Found*)>& decide);

  /// Sets `key` to `desired` if its value is `expected`; returns false otherwise, and if the key
  /// does not exist. Keeps the deadline, as do `increment`, `append` and `set_range`. All four also
  /// keep a layout that Layout::kAuto would not have chosen, as long as the value fits into it.
  [[nodiscard]] Result<bool> compare_and_set(std::string_view key, std::string_view expected,
                                             std::string_view desired);
  /// Adds `amount` to the decimal number in `key` (0 if the key does not exist) and returns the
  /// sum. kNotANumber if the value or the sum is not a 64-bit integer.
  [[nodiscard]] Result<std::int64_t> increment(std::string_view key, std::int64_t amount = 1);
  /// Appends `tail` to the value (empty if the key does not exist) and returns the new length in
  /// bytes.
  [[nodiscard]] Result<std::uint64_t> append(std::string_view key, std::string_view tail);
  /// Overwrites the value from byte `offset` on and returns the new length in bytes. A shorter
  /// value is first extended with zero bytes up to `offset`. An empty `part` does not create a key.
  [[nodiscard]] Result<std::uint64_t> set_range(std::string_view key, std::uint64_t offset,
                                                std::string_view part);
  /// The bytes from `first` to `last`, both inclusive; negative positions count from the end, as in
  /// Redis. Empty if the key does not exist.
  [[nodiscard]] Result<std::string> get_range(std::string_view key, std::int64_t first,
                                              std::int64_t last);

  /// Moves the value of `key` and its deadline to `new_key`. Returns false if `key` does not exist,
  /// or if `only_if_absent` and `new_key` exists. Atomic with respect to other writers; a reader
  /// may briefly see both keys, but never neither.
  [[nodiscard]] Result<bool> rename(std::string_view key, std::string_view new_key,
                                    bool only_if_absent = false);
  /// Copies the value of `key` and its deadline to `new_key`. Returns false if `key` does not
  /// exist, or if `new_key` exists and `replace` is false. Atomic with respect to other writers.
  [[nodiscard]] Result<bool> copy(std::string_view key, std::string_view new_key,
                                  bool replace = false);

  /// Passes every key with its value and deadline to `write`, as pieces of text that stock `ipset
  /// restore` also reads (docs/format.md), and returns the number of keys. Each value is one that
  /// the key had during the call; the call is not a snapshot of one instant. Skips sets that are
  /// not values. An error of `write` ends the call and is returned. `write` must not use this
  /// Store. Memory: the longest value and the names of all keys.
  [[nodiscard]] Result<std::uint64_t> save(
      const std::function<Result<void>(std::string_view text)>& write);

  /// Restores what `save` or stock `ipset save` has written. `read` returns the text in pieces cut
  /// anywhere, and an empty piece at the end; it must not use this Store. Each key is written as by
  /// `set`, with its deadline, once its last line is read; expired keys are skipped. Memory: about
  /// two and a half times the longest value, five times if comments escape all of its bytes,
  /// independent of the number of keys.
  ///
  /// A malformed line ends the call with kBadLine and its number, an existing key with kKeyExists:
  /// the keys before it are restored, that key and those after it are unchanged. `result` is up to
  /// date at any time. Text of `save` is checked for completeness. In text of `ipset save`, sets
  /// whose elements are not a value are skipped, like all foreign sets.
  [[nodiscard]] Result<void> restore(const std::function<Result<std::string_view>()>& read,
                                     IfExists if_exists, RestoreResult& result);

  /// The table's metadata; empty if the table does not exist or the Store keeps drawers.
  [[nodiscard]] Result<std::optional<TableInfo>> table_info();
  /// Removes the table with all its keys. Returns false if it does not exist; kNoTable if the Store
  /// keeps drawers. Calls `progress` from time to time with the number of sets destroyed and their
  /// total. Not atomic: others may see some of the keys until the call returns, and a write
  /// meanwhile creates a new table.
  [[nodiscard]] Result<bool> drop(
      const std::function<void(std::uint64_t done, std::uint64_t all)>& progress = {});

  /// Frees the kernel memory of expired keys and removes leftovers of dead writers. Leaves
  /// everything alone that a living process uses.
  [[nodiscard]] Result<SweepResult> sweep();

 private:
  class Implementation;
  friend Result<Store> open_store(const Options& options, Environment& environment);
  explicit Store(std::unique_ptr<Implementation> implementation);
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace ipsetkv
