// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "ipsetkv/store.h"
#include "store/change.h"

namespace ipsetkv::store {

/// Where a Store keeps keys and values: drawers, or a table. Each call means what Store's of the
/// same name says; what is the same for all of them is done there, over these.
class Backend {
 public:
  Backend() = default;
  Backend(const Backend&) = delete;
  Backend& operator=(const Backend&) = delete;
  virtual ~Backend() = default;

  /// Reads the value of `key` into `value` unless that is null; nothing if there is no such key.
  [[nodiscard]] virtual Result<std::optional<Present>> read(std::string_view key,
                                                            std::string* value) = 0;
  [[nodiscard]] virtual Result<bool> exists(std::string_view key) = 0;
  [[nodiscard]] virtual Result<std::optional<KeyInfo>> info(std::string_view key) = 0;

  /// Makes `value` the key's, whatever was there before. Requires: the deadline has not passed.
  [[nodiscard]] virtual Result<void> write(std::string_view key, std::string_view value,
                                           Layout layout,
                                           std::optional<format::Moment> deadline) = 0;
  [[nodiscard]] virtual Result<bool> remove(std::string_view key) = 0;
  /// Reads what is under `key`, its value into `value` unless that is null, and changes it as
  /// `decide` says, while no other writer can come between. Whether anything was changed.
  [[nodiscard]] virtual Result<bool> update(std::string_view key, std::string* value,
                                            const Decide& decide) = 0;
  /// Puts the value of `key` under `new_key`, while no other writer can come between. False if
  /// there is no such key, or one at `new_key` that is not to be replaced.
  [[nodiscard]] virtual Result<bool> transfer(std::string_view key, std::string_view new_key,
                                              Transfer how) = 0;

  /// The same for many keys, by default one after the other. `write_all` removes the key of a pair
  /// whose deadline has passed.
  using VisitValue = std::function<void(std::size_t index, std::optional<std::string_view> value)>;
  [[nodiscard]] virtual Result<void> read_all(std::span<const std::string_view> keys,
                                              const VisitValue& visit);
  using VisitWritten = std::function<void(std::size_t index, const Result<void>& written)>;
  [[nodiscard]] virtual Result<void> write_all(std::span<const KeyValue> pairs,
                                               const VisitWritten& visit);
  using VisitRemoved = std::function<void(std::size_t index, bool removed)>;
  [[nodiscard]] virtual Result<void> remove_all(std::span<const std::string_view> keys,
                                                const VisitRemoved& visit);

  [[nodiscard]] virtual Result<void> for_each(std::string_view pattern,
                                              const std::function<void(const KeyInfo&)>& visit) = 0;
  [[nodiscard]] virtual Result<ScanPage> scan(std::uint64_t cursor, std::string_view pattern,
                                              std::size_t count) = 0;
  [[nodiscard]] virtual Result<std::uint64_t> save(
      const std::function<Result<void>(std::string_view text)>& write) = 0;
  [[nodiscard]] virtual Result<SweepResult> sweep() = 0;

  /// Of a table; empty for drawers, of which there are as many as there are keys.
  [[nodiscard]] virtual std::string_view table() const { return {}; }
  [[nodiscard]] virtual Result<std::optional<TableInfo>> table_info() { return std::nullopt; }
  using DropProgress = std::function<void(std::uint64_t done, std::uint64_t all)>;
  [[nodiscard]] virtual Result<bool> drop(const DropProgress& progress);
};

/// Reports a pair's result to `visit`. Without a `visit` returns it, since an error ends the call.
[[nodiscard]] inline Result<void> report(const Backend::VisitWritten& visit, std::size_t index,
                                         const Result<void>& written) {
  if (!visit) return written;
  visit(index, written);
  return {};
}

}  // namespace ipsetkv::store
