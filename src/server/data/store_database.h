// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "ipsetkv/store.h"
#include "server/data/database.h"

namespace ipsetkv::server {

/// The keys of the kernel's IP sets: drawers, or one table.
class StoreDatabase final : public Database {
 public:
  /// Of the calling thread's network namespace. `table` as in Options; empty: drawers. `patience`:
  /// how long one call waits for what another process holds. Errors: those of Store::open.
  [[nodiscard]] static Result<std::unique_ptr<Database>> open(const std::string& table,
                                                              std::chrono::milliseconds patience);

  [[nodiscard]] Result<void> check_key(std::string_view key) const override;
  Result<bool> get(std::string_view key, std::string& value) override;
  Result<std::optional<Found>> find(std::string_view key, std::string& value) override;
  Result<bool> exists(std::string_view key) override;
  Result<std::optional<Found>> find_deadline(std::string_view key) override;
  Result<std::string> get_range(std::string_view key, std::int64_t first,
                                std::int64_t last) override;
  Result<void> set(std::string_view key, std::string_view value) override;
  Result<SetResult> set(std::string_view key, std::string_view value,
                        const SetOptions& options) override;
  Result<bool> update(std::string_view key, std::string& value, const Decide& decide) override;
  Result<bool> persist(std::string_view key) override;
  Result<std::int64_t> increment(std::string_view key, std::int64_t amount) override;
  Result<std::uint64_t> append(std::string_view key, std::string_view tail) override;
  Result<std::uint64_t> set_range(std::string_view key, std::uint64_t offset,
                                  std::string_view part) override;
  Result<bool> rename(std::string_view key, std::string_view new_key, bool only_if_absent) override;
  Result<bool> copy(std::string_view key, std::string_view new_key, bool replace) override;
  Result<void> get_all(std::span<const std::string_view> keys, const VisitValue& visit) override;
  Result<void> set_all(std::span<const KeyValue> pairs, OnHeld on_held,
                       const VisitWritten& visit) override;
  Result<void> del_all(std::span<const std::string_view> keys, const VisitRemoved& visit) override;
  Result<void> clear() override;
  Result<void> for_each(std::string_view pattern, const VisitKey& visit) override;
  Result<ScanPage> scan(std::uint64_t cursor, std::string_view pattern, std::size_t count) override;
  Result<std::optional<KeyInfo>> info(std::string_view key) override;
  Result<std::optional<TableInfo>> table_info() override;
  [[nodiscard]] std::optional<std::uint64_t> lock_of(std::string_view key,
                                                     Access access) const override;

 private:
  StoreDatabase(Store store, bool is_table) : store_(std::move(store)), is_table_(is_table) {}
  [[nodiscard]] Result<void> set_until(std::string_view key, std::string_view value,
                                       std::optional<Deadline> deadline);
  [[nodiscard]] Result<void> set_one_by_one(std::span<const KeyValue> pairs, OnHeld on_held,
                                            const VisitWritten& visit);

  Store store_;
  bool is_table_;
};

}  // namespace ipsetkv::server
