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

/// The longest key, in bytes: the kernel's longest set name.
inline constexpr std::size_t kMaxKeyBytes = 31;

/// The longest value, in bytes: 65,536 chunks of four, one for each port number.
inline constexpr std::size_t kMaxValueBytes = 262'144;

/// What is known about a key without its value.
struct KeyInfo {
  std::string key;
  std::string set_name;
  std::string type;    ///< The kernel's set type, such as "hash:ip,port".
  std::string layout;  ///< How the value lies in the set: "ipv4".
  std::uint64_t elements = 0;
  std::uint64_t value_bytes = 0;
  /// What `ipset list` calls "Size in memory", in bytes. The kernel leaves the hash table's own
  /// pointers out of it, eight bytes for each of the set's `hashsize` buckets.
  std::uint64_t kernel_memory = 0;
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
/// Other processes: every reader sees the old value or the new one, whole. `set` and `del` take
/// effect at one instant. A process that dies in the middle leaves the old or the new value.
///
/// Keys are 1 to 31 bytes of printable ASCII without space and double quote, not beginning with
/// '~'. Values are any bytes, up to 262,144, the empty value included.
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
  /// then empty, as it is after an error.
  [[nodiscard]] Result<bool> get(std::string_view key, std::string& value);
  /// The same, into a string of its own.
  [[nodiscard]] Result<std::optional<std::string>> get(std::string_view key);

  /// Makes `value` the value of `key`, whether or not there was one before. After an error the old
  /// value is still there. Works on a key that firewall rules refer to.
  [[nodiscard]] Result<void> set(std::string_view key, std::string_view value);
  [[nodiscard]] Result<void> set(std::string_view key, std::span<const std::byte> value);

  /// Removes `key`; false if there was none. kReferenced if a firewall rule or a list:set refers to
  /// it: the kernel keeps such a set.
  [[nodiscard]] Result<bool> del(std::string_view key);

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

 private:
  class Drawers;
  explicit Store(std::unique_ptr<Drawers> drawers);
  std::unique_ptr<Drawers> drawers_;
};

}  // namespace ipsetkv
