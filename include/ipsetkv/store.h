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

/// The longest key, in bytes.
inline constexpr std::size_t kMaxKeyBytes = 65'536;

/// The longest value, in bytes, and the longest in the layouts that hold less: 65,536 chunks of 4
/// or 16 bytes.
inline constexpr std::size_t kMaxValueBytes = std::size_t{512} * 1024 * 1024;
inline constexpr std::size_t kMaxIpv4Bytes = 262'144;
inline constexpr std::size_t kMaxIpv6Bytes = 1'048'576;
inline constexpr std::size_t kMaxCountersBytes = 1'048'576;
/// Up to this length Layout::kAuto is Layout::kIpv4.
inline constexpr std::size_t kAutoIpv4Bytes = 256;

/// What is known about a key without its value.
struct KeyInfo {
  std::string key;
  std::string set_name;
  std::string type;    ///< The kernel's set type, such as "hash:ip,port".
  std::string layout;  ///< How the value lies in the set: "ipv4", "ipv6", "comment" or "counters".
  std::uint64_t elements = 0;
  std::uint64_t value_bytes = 0;
  /// What `ipset list` calls "Size in memory", in bytes. The kernel leaves the hash table's own
  /// pointers out of it, eight bytes for each of the set's `hashsize` buckets.
  std::uint64_t kernel_memory = 0;
  std::optional<Deadline> deadline;  ///< Unset: the key lives for ever.
};

/// What is known about a table without its keys.
struct TableInfo {
  std::string name;
  std::uint64_t keys = 0;           ///< Some of which the kernel may be about to remove.
  std::uint64_t long_pairs = 0;     ///< Those of them that have a set of their own.
  std::uint64_t sets = 0;           ///< All that it occupies.
  std::uint64_t kernel_memory = 0;  ///< What `ipset list` calls "Size in memory", of all of them.
  std::vector<std::uint64_t> bucket_keys;  ///< How many keys are in each bucket, sorted.
};

/// A key with its value; borrowed.
struct KeyValue {
  std::string_view key;
  std::string_view value;
};

/// What `find` and `update` know of a key that is there, beside its value.
struct Found {
  std::optional<Deadline> deadline;  ///< Unset: the key lives for ever.
};

/// What `update` is to do.
struct Update {
  enum class Action : std::uint8_t { kLeave, kWrite, kRemove };
  Action action = Action::kLeave;
  std::string_view value;            ///< Of kWrite, as is the deadline. Borrowed.
  std::optional<Deadline> deadline;  ///< In the past: the key is removed.
};

/// What `set` with options did.
struct SetResult {
  bool written = false;            ///< Whether the condition held.
  std::optional<std::string> old;  ///< With SetOptions::return_old: the value before.
};

/// What `sweep` removed.
struct SweepResult {
  std::uint64_t expired = 0;    ///< Keys whose time had passed.
  std::uint64_t leftovers = 0;  ///< Sets that writers left when they died.
};

/// What `restore` does with keys that exist.
enum class IfExists : std::uint8_t {
  kFail,     ///< It stops with kKeyExists.
  kReplace,  ///< They get the saved value.
  kKeep,     ///< They stay as they are.
};

/// What `restore` has done so far.
struct RestoreResult {
  std::uint64_t restored = 0;
  std::uint64_t kept = 0;     ///< With IfExists::kKeep.
  std::uint64_t expired = 0;  ///< Keys whose time has passed meanwhile.
  std::uint64_t foreign = 0;  ///< Sets that are no values; they were passed over.
};

/// A page of `scan`.
struct ScanPage {
  std::uint64_t next_cursor = 0;  ///< 0: that was the last.
  std::vector<std::string> keys;
};

/// Keys and values in the kernel's IP sets, one set a key (a "drawer").
///
/// The data belongs to the network namespace: it outlives this object and this process, and every
/// process with CAP_NET_ADMIN in that namespace reads and writes the same keys. A Store holds one
/// netlink socket and no copy of any value.
///
/// Threads: a Store may be used by one thread at a time; open one for each thread, and after a fork
/// one for the child. Opening one costs some ten microseconds.
///
/// Other processes: every reader sees the old value or the new one, whole. Every call that changes
/// one key takes effect at one instant and is linearizable with all others on that key, by whatever
/// process: a writer holds a lock in the kernel, one of sixteen chosen by the key, for some
/// microseconds. A process that dies in the middle leaves the old or the new value, and its lock is
/// taken over.
///
/// Keys are 1 to 65,536 bytes, values up to kMaxValueBytes, any bytes, the empty value included.
///
/// Sets that are not values (a firewall's, fail2ban's) are never changed and never listed; asking
/// for one by name answers ErrorCode::kNotAValue. The one set that cannot be told apart is an empty
/// hash:ip,port without options: it reads as the empty value.
class IPSETKV_EXPORT Store {
 public:
  /// Connects to the kernel. Errors: kNotPermitted, kNoIpset, kNamespaceMissing, kSystemCall.
  [[nodiscard]] static Result<Store> open(const Options& options = {});

  Store(Store&& other) noexcept;
  Store& operator=(Store&& other) noexcept;
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;
  ~Store();

  /// Reads `key` into `value`, whose memory is reused. False if there is no such key; `value` is
  /// then empty, as it is after an error. Where sets have changed their type a key that is missed
  /// is looked for under the lock: kLocked, like all who write, if another has that until the time
  /// is up.
  [[nodiscard]] Result<bool> get(std::string_view key, std::string& value);
  /// The same, into a string of its own.
  [[nodiscard]] Result<std::optional<std::string>> get(std::string_view key);

  /// The same, and what there is to know of the key at that instant; nothing if there is none.
  [[nodiscard]] Result<std::optional<Found>> find(std::string_view key, std::string& value);

  /// Makes `value` the value of `key`, whether or not there was one before. After an error the old
  /// value is still there. Works on a key that firewall rules refer to.
  [[nodiscard]] Result<void> set(std::string_view key, std::string_view value);
  [[nodiscard]] Result<void> set(std::string_view key, std::span<const std::byte> value);
  /// The same, with conditions, a deadline, or the old value returned.
  [[nodiscard]] Result<SetResult> set(std::string_view key, std::string_view value,
                                      const SetOptions& options);

  /// Removes `key`; false if there was none. kReferenced if a firewall rule or a list:set refers to
  /// it: the kernel keeps such a set.
  [[nodiscard]] Result<bool> del(std::string_view key);

  /// The same for many keys. In a table they go to the kernel in few conversations; in drawers they
  /// are done one after the other. Each key is for itself: others may see some changed and some not
  /// yet, and where an error is returned some are done. Of a key that is there twice the later
  /// value stays.
  ///
  /// `visit`, which must not use this Store, learns in any order how it went with each pair, and a
  /// pair's error does not end the call then. One that is returned all the same is that of the
  /// pairs that it has not heard of, which may be done or not.
  [[nodiscard]] Result<void> set_all(
      std::span<const KeyValue> pairs,
      const std::function<void(std::size_t index, const Result<void>& written)>& visit = {});
  /// Calls `visit` for every key, in any order, with its place in `keys` and its value, or nothing.
  /// `visit` must not use this Store.
  [[nodiscard]] Result<void> get_all(
      std::span<const std::string_view> keys,
      const std::function<void(std::size_t index, std::optional<std::string_view> value)>& visit);
  /// Returns how many there were; `visit`, which must not use this Store, learns of each. A set
  /// that is no value, or that a firewall rule refers to, does not keep the others: its error, of
  /// several the first, is returned when they are gone.
  [[nodiscard]] Result<std::uint64_t> del_all(
      std::span<const std::string_view> keys,
      const std::function<void(std::size_t index, bool deleted)>& visit = {});

  /// Whether `key` has a value. A set that is not a value is not a key: false.
  [[nodiscard]] Result<bool> exists(std::string_view key);

  /// What is known about `key`; nothing if there is no such key.
  [[nodiscard]] Result<std::optional<KeyInfo>> info(std::string_view key);

  /// Calls `visit` for every key that matches `pattern`, in no particular order. Each key's set is
  /// read to be sure that it is a value, so this costs as much as reading all of them. A key that
  /// comes or goes meanwhile may be met or not; one that stays is met once. `visit` must not use
  /// this Store.
  ///
  /// A pattern knows `*` (any bytes), `?` (one byte), `[abc]`, `[a-z]`, `[^a]` and `\` before a
  /// character to be taken as it is, as in Redis.
  [[nodiscard]] Result<void> for_each(std::string_view pattern,
                                      const std::function<void(const KeyInfo&)>& visit);

  /// The keys that match `pattern`, sorted by their bytes.
  [[nodiscard]] Result<std::vector<std::string>> keys(std::string_view pattern = "*");

  /// Keys that match `pattern`, a page at a time: begin with cursor 0 and go on with what each page
  /// returns. A page looks at `count` sets at least. A key that is there throughout is met, once;
  /// one that comes or goes may be met or not.
  [[nodiscard]] Result<ScanPage> scan(std::uint64_t cursor, std::string_view pattern = "*",
                                      std::size_t count = 10);

  /// The deadline of `key`: nothing if there is no such key, an empty one if it lives for ever.
  [[nodiscard]] Result<std::optional<std::optional<Deadline>>> deadline(std::string_view key);
  /// Gives `key` a deadline; false if there is no such key or the condition does not hold. A moment
  /// in the past removes the key.
  [[nodiscard]] Result<bool> expire(std::string_view key, Deadline deadline,
                                    ExpireIf condition = ExpireIf::kAlways);
  /// Lets `key` live for ever; false if there is no such key or it does already.
  [[nodiscard]] Result<bool> persist(std::string_view key);

  /// Reads `key` into `value`, asks `decide` what is to become of it, and does that, while no other
  /// writer can come between. `decide` gets null where there is no such key. It may change `value`
  /// and return a view of it, must not use this Store, and is asked again where somebody else was
  /// in the way. An error of its own ends the call and is returned. Whether anything was changed. A
  /// layout stays as in `compare_and_set`.
  [[nodiscard]] Result<bool> update(std::string_view key, std::string& value,
                                    const std::function<Result<Update>(const Found*)>& decide);

  /// Makes `desired` the value if `expected` is; false if it is not, or there is no such key. The
  /// deadline stays, here and in the three calls below, and so does a layout that Layout::kAuto
  /// would not have chosen, as long as the value fits into it.
  [[nodiscard]] Result<bool> compare_and_set(std::string_view key, std::string_view expected,
                                             std::string_view desired);
  /// Adds `amount` to the decimal number in `key` (0 if there is none) and returns the sum. The
  /// deadline stays. kNotANumber if the value is no 64-bit number or the sum would be none.
  [[nodiscard]] Result<std::int64_t> increment(std::string_view key, std::int64_t amount = 1);
  /// Appends to the value (empty if there is none), and returns its new length. The deadline stays.
  [[nodiscard]] Result<std::uint64_t> append(std::string_view key, std::string_view tail);
  /// Overwrites the value from `offset` on, with zero bytes up to there if it is shorter, and
  /// returns its new length. The deadline stays. Nothing to write makes no key.
  [[nodiscard]] Result<std::uint64_t> set_range(std::string_view key, std::uint64_t offset,
                                                std::string_view part);
  /// The bytes from `first` to `last`, both included; negative ones count from the end, as in
  /// Redis. Empty if there is no such key.
  [[nodiscard]] Result<std::string> get_range(std::string_view key, std::int64_t first,
                                              std::int64_t last);

  /// Gives the value of `key` and its deadline to `new_key`, and removes `key`; false if there is
  /// no such key, or `only_if_absent` and there is a `new_key`. No other write comes in between; a
  /// reader may see both keys for a moment, and never neither.
  [[nodiscard]] Result<bool> rename(std::string_view key, std::string_view new_key,
                                    bool only_if_absent = false);
  /// Gives the value of `key` and its deadline to `new_key` as well; false as for `rename`, with
  /// `replace` as the contrary of its `only_if_absent`.
  [[nodiscard]] Result<bool> copy(std::string_view key, std::string_view new_key,
                                  bool replace = false);

  /// Hands `write` every key with its value and deadline, as text in pieces that stock `ipset
  /// restore` reads as well; docs/format.md has the form. Returns the number of keys. Each value is
  /// one that the key had while this ran, not all of them at the same instant. Sets that are no
  /// values are left out. An error of `write` ends it and is returned. `write` must not use this
  /// Store. Keeps the longest value in memory, and the names of all keys.
  [[nodiscard]] Result<std::uint64_t> save(
      const std::function<Result<void>(std::string_view text)>& write);

  /// Reads what `save`, or stock `ipset save`, has written: `read` returns the text in pieces cut
  /// anywhere, and an empty one at its end. Each key is written as `set` does when its last line
  /// has been read, with its deadline, unless that has passed. `read` must not use this Store.
  /// Takes some two and a half times the memory of the longest value, whatever there are besides;
  /// five times, if each of its bytes is one that comments escape.
  ///
  /// A wrong line ends it with kBadLine and its number, an existing key with kKeyExists: the keys
  /// before that are restored, that one and those behind it are as they were. `result` says how far
  /// it came, at any time. Text of `save` is checked for being whole. In text of `ipset save` a
  /// set whose elements make no value is passed over, as all foreign sets are.
  [[nodiscard]] Result<void> restore(const std::function<Result<std::string_view>()>& read,
                                     IfExists if_exists, RestoreResult& result);

  /// What is known about the table; nothing if there is none, or the Store keeps drawers.
  [[nodiscard]] Result<std::optional<TableInfo>> table_info();
  /// Removes the table with all its keys; false if there is none. Calls `progress` now and then
  /// with the number of sets that are gone, and of all. Others may meet some of the keys until it
  /// is done, and whoever writes meanwhile makes another table. kNoTable if the Store keeps
  /// drawers.
  [[nodiscard]] Result<bool> drop(
      const std::function<void(std::uint64_t done, std::uint64_t all)>& progress = {});

  /// Gives back the kernel memory of expired keys, and removes what writers left that died. Touches
  /// nothing that a live process uses.
  [[nodiscard]] Result<SweepResult> sweep();

 private:
  class Implementation;
  explicit Store(std::unique_ptr<Implementation> implementation);
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace ipsetkv
