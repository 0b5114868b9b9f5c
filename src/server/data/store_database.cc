// SPDX-License-Identifier: MIT
#include "server/data/store_database.h"

#include <bitset>
#include <utility>
#include <vector>

#include "format/key.h"
#include "format/own_names.h"

namespace ipsetkv::server {

Result<std::unique_ptr<Database>> StoreDatabase::open(const std::string& table,
                                                      std::chrono::milliseconds patience) {
  auto store = Store::open({.network_namespace = {}, .table = table, .timeout = patience});
  if (!store) return tl::unexpected(store.error());
  return std::unique_ptr<Database>(new StoreDatabase(*std::move(store), !table.empty()));
}

Result<void> StoreDatabase::check_key(std::string_view key) const { return format::check_key(key); }

Result<bool> StoreDatabase::get(std::string_view key, std::string& value) {
  return store_.get(key, value);
}

Result<std::optional<Found>> StoreDatabase::find(std::string_view key, std::string& value) {
  return store_.find(key, value);
}

Result<bool> StoreDatabase::exists(std::string_view key) { return store_.exists(key); }

Result<std::optional<Found>> StoreDatabase::find_deadline(std::string_view key) {
  return store_.deadline(key);
}

Result<std::string> StoreDatabase::get_range(std::string_view key, std::int64_t first,
                                             std::int64_t last) {
  return store_.get_range(key, first, last);
}

Result<void> StoreDatabase::set(std::string_view key, std::string_view value) {
  return store_.set(key, value);
}

Result<SetResult> StoreDatabase::set(std::string_view key, std::string_view value,
                                     const SetOptions& options) {
  return store_.set(key, value, options);
}

Result<bool> StoreDatabase::update(std::string_view key, std::string& value, const Decide& decide) {
  return store_.update(key, value, decide);
}

Result<bool> StoreDatabase::persist(std::string_view key) { return store_.persist(key); }

Result<std::int64_t> StoreDatabase::increment(std::string_view key, std::int64_t amount) {
  return store_.increment(key, amount);
}

Result<std::uint64_t> StoreDatabase::append(std::string_view key, std::string_view tail) {
  return store_.append(key, tail);
}

Result<std::uint64_t> StoreDatabase::set_range(std::string_view key, std::uint64_t offset,
                                               std::string_view part) {
  return store_.set_range(key, offset, part);
}

Result<bool> StoreDatabase::rename(std::string_view key, std::string_view new_key,
                                   bool only_if_absent) {
  return store_.rename(key, new_key, only_if_absent);
}

Result<bool> StoreDatabase::copy(std::string_view key, std::string_view new_key, bool replace) {
  return store_.copy(key, new_key, replace);
}

Result<void> StoreDatabase::get_all(std::span<const std::string_view> keys,
                                    const VisitValue& visit) {
  return store_.get_all(keys, visit);
}

Result<void> StoreDatabase::set_all(std::span<const KeyValue> pairs, OnHeld on_held,
                                    const VisitWritten& visit) {
  // Drawers are written one after the other in any case.
  return is_table_ ? store_.set_all(pairs, visit) : set_one_by_one(pairs, on_held, visit);
}

Result<void> StoreDatabase::set_until(std::string_view key, std::string_view value,
                                      std::optional<Deadline> deadline) {
  if (!deadline) return store_.set(key, value);
  const auto written = store_.set(key, value, SetOptions{.expire_at = deadline});
  return written ? Result<void>() : tl::unexpected(written.error());
}

Result<void> StoreDatabase::set_one_by_one(std::span<const KeyValue> pairs, OnHeld on_held,
                                           const VisitWritten& visit) {
  // A lock that one pair has waited for in vain is not waited for again.
  std::bitset<format::kStripes> held;
  std::optional<Error> refusal;
  for (std::size_t index = 0; index < pairs.size(); ++index) {
    const auto& [key, value, deadline] = pairs[index];
    if (refusal) {
      const auto stripe = lock_of(key, Access::kWrite);
      if (stripe && held[*stripe]) {
        visit(index, tl::unexpected(*refusal));
        continue;
      }
    }
    const auto written = set_until(key, value, deadline);
    visit(index, written);
    if (written || !is_held_by_others(written.error())) continue;
    if (on_held == OnHeld::kStop) return written;
    refusal = written.error();
    if (const auto stripe = lock_of(key, Access::kWrite)) held.set(*stripe);
  }
  return {};
}

Result<void> StoreDatabase::del_all(std::span<const std::string_view> keys,
                                    const VisitRemoved& visit) {
  const auto count = store_.del_all(keys, visit);
  if (!count) return tl::unexpected(count.error());
  return {};
}

Result<void> StoreDatabase::clear() {
  if (is_table_) {
    if (const auto done = store_.drop(); !done) return tl::unexpected(done.error());
    return {};
  }
  const auto keys = store_.keys();
  if (!keys) return tl::unexpected(keys.error());
  const std::vector<std::string_view> views(keys->begin(), keys->end());
  if (const auto done = store_.del_all(views); !done) return tl::unexpected(done.error());
  return {};
}

Result<void> StoreDatabase::for_each(std::string_view pattern, const VisitKey& visit) {
  return store_.for_each(pattern, visit);
}

Result<ScanPage> StoreDatabase::scan(std::uint64_t cursor, std::string_view pattern,
                                     std::size_t count) {
  return store_.scan(cursor, pattern, count);
}

Result<std::optional<KeyInfo>> StoreDatabase::info(std::string_view key) {
  return store_.info(key);
}

Result<std::optional<TableInfo>> StoreDatabase::table_info() { return store_.table_info(); }

std::optional<std::uint64_t> StoreDatabase::lock_of(std::string_view key, Access access) const {
  // In a table both need the key's bucket. Which one that is only the kernel knows.
  if (is_table_) return std::hash<std::string_view>()(key);
  // Readers of drawers take no lock, but where sets have changed their type.
  if (access == Access::kRead) return std::nullopt;
  const auto place = format::place_of(key);
  if (!place) return std::nullopt;
  return place->stripe;
}

}  // namespace ipsetkv::server
