// SPDX-License-Identifier: MIT
#include "ipsetkv/store.h"

#include <algorithm>
#include <utility>

#include "format/moment.h"
#include "ipset/connection.h"
#include "ipsetkv/version.h"
#include "netlink/namespace.h"
#include "store/drawers/drawers.h"
#include "store/implementation.h"
#include "store/open.h"
#include "store/tables/table.h"

namespace ipsetkv {
namespace {

Result<ipset::Connection> connect(const Options& options, Environment& environment) {
  if (options.network_namespace.empty())
    return ipset::Connection::open(options.timeout, environment);
  const auto visit = netlink::NamespaceVisit::enter(options.network_namespace);
  if (!visit) return tl::unexpected(visit.error());
  return ipset::Connection::open(options.timeout, environment);
}

}  // namespace

Store::Implementation::Implementation(ipset::Connection opened, const Options& options)
    : connection_(std::move(opened)) {
  if (options.table.empty())
    backend_ = std::make_unique<store::Drawers>(connection_, options.timeout);
  else
    backend_ = std::make_unique<store::Table>(connection_, options.table, options.timeout);
}

Store::Store(std::unique_ptr<Implementation> implementation)
    : implementation_(std::move(implementation)) {}
Store::Store(Store&& other) noexcept = default;
Store& Store::operator=(Store&& other) noexcept = default;
Store::~Store() = default;

Result<Store> Store::open(const Options& options) {
  return open_store(options, Environment::real());
}

Result<Store> open_store(const Options& options, Environment& environment) {
  if (!options.table.empty() && !format::is_table_name(options.table))
    return tl::unexpected(Error{.code = ErrorCode::kTableName}.about(options.table));
  auto connection = connect(options, environment);
  if (!connection) return tl::unexpected(connection.error());
  return Store(std::make_unique<Store::Implementation>(*std::move(connection), options));
}

Result<bool> Store::get(std::string_view key, std::string& value) {
  const auto present = implementation_->backend().read(key, &value);
  if (present) return present->has_value();
  value.clear();
  return tl::unexpected(present.error());
}

Result<std::optional<std::string>> Store::get(std::string_view key) {
  std::string value;
  const auto found = get(key, value);
  if (!found) return tl::unexpected(found.error());
  if (!*found) return std::nullopt;
  return value;
}

Result<std::optional<Found>> Store::find(std::string_view key, std::string& value) {
  const auto present = implementation_->backend().read(key, &value);
  if (!present) {
    value.clear();
    return tl::unexpected(present.error());
  }
  if (!*present) return std::nullopt;
  return store::found_of(**present);
}

Result<void> Store::set(std::string_view key, std::string_view value) {
  return implementation_->backend().write(key, value, Layout::kAuto, std::nullopt);
}

Result<void> Store::set(std::string_view key, std::span<const std::byte> value) {
  return set(key, std::string_view(reinterpret_cast<const char*>(value.data()), value.size()));
}

Result<bool> Store::del(std::string_view key) { return implementation_->backend().remove(key); }

Result<bool> Store::exists(std::string_view key) { return implementation_->backend().exists(key); }

Result<std::optional<KeyInfo>> Store::info(std::string_view key) {
  return implementation_->backend().info(key);
}

Result<std::optional<Found>> Store::deadline(std::string_view key) {
  const auto present = implementation_->backend().read(key, nullptr);
  if (!present) return tl::unexpected(present.error());
  if (!*present) return std::nullopt;
  return store::found_of(**present);
}

Result<void> Store::set_all(
    std::span<const KeyValue> pairs,
    const std::function<void(std::size_t index, const Result<void>& written)>& visit) {
  return implementation_->backend().write_all(pairs, visit);
}

Result<void> Store::get_all(
    std::span<const std::string_view> keys,
    const std::function<void(std::size_t index, std::optional<std::string_view> value)>& visit) {
  return implementation_->backend().read_all(keys, visit);
}

Result<std::uint64_t> Store::del_all(
    std::span<const std::string_view> keys,
    const std::function<void(std::size_t index, bool deleted)>& visit) {
  std::uint64_t count = 0;
  const auto done =
      implementation_->backend().remove_all(keys, [&](std::size_t index, bool removed) {
        if (removed) ++count;
        if (visit) visit(index, removed);
      });
  if (!done) return tl::unexpected(done.error());
  return count;
}

Result<std::optional<TableInfo>> Store::table_info() {
  return implementation_->backend().table_info();
}

Result<bool> Store::drop(
    const std::function<void(std::uint64_t done, std::uint64_t all)>& progress) {
  return implementation_->backend().drop(progress);
}

Result<void> Store::for_each(std::string_view pattern,
                             const std::function<void(const KeyInfo&)>& visit) {
  return implementation_->backend().for_each(pattern, visit);
}

Result<ScanPage> Store::scan(std::uint64_t cursor, std::string_view pattern, std::size_t count) {
  return implementation_->backend().scan(cursor, pattern, count);
}

Result<bool> Store::rename(std::string_view key, std::string_view new_key, bool only_if_absent) {
  return implementation_->backend().transfer(key, new_key,
                                             {.remove = true, .replace = !only_if_absent});
}

Result<bool> Store::copy(std::string_view key, std::string_view new_key, bool replace) {
  return implementation_->backend().transfer(key, new_key, {.remove = false, .replace = replace});
}

Result<std::uint64_t> Store::save(const std::function<Result<void>(std::string_view text)>& write) {
  return implementation_->backend().save(write);
}

Result<SweepResult> Store::sweep() { return implementation_->backend().sweep(); }

Result<std::vector<std::string>> Store::keys(std::string_view pattern) {
  std::vector<std::string> keys;
  const auto visited = for_each(pattern, [&](const KeyInfo& info) { keys.push_back(info.key); });
  if (!visited) return tl::unexpected(visited.error());
  std::sort(keys.begin(), keys.end());
  // A key that goes and comes back meanwhile may be met at two places.
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  return keys;
}

std::string_view library_version() { return kVersion; }

}  // namespace ipsetkv
