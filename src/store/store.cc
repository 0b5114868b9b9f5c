// SPDX-License-Identifier: MIT
#include "ipsetkv/store.h"

#include <algorithm>
#include <utility>

#include "ipset/connection.h"
#include "ipsetkv/version.h"
#include "netlink/namespace.h"
#include "store/drawer_reader.h"
#include "store/drawer_writer.h"
#include "store/glob.h"
#include "store/key.h"

namespace ipsetkv {
namespace {

Result<ipset::Connection> connect(const Options& options) {
  if (options.network_namespace.empty()) return ipset::Connection::open(options.timeout);
  const auto visit = netlink::NamespaceVisit::enter(options.network_namespace);
  if (!visit) return tl::unexpected(visit.error());
  return ipset::Connection::open(options.timeout);
}

KeyInfo describe(std::string_view name, const store::Drawer& drawer) {
  return {.key = std::string(name),
          .set_name = std::string(name),
          .type = std::string(ipset::type_name(ipset::SetType::kHashIpPort)),
          .layout = "ipv4",
          .elements = drawer.elements,
          .value_bytes = drawer.value_bytes,
          .kernel_memory = drawer.memory_bytes};
}

Error not_a_value(std::string_view key) { return Error{.code = ErrorCode::kNotAValue}.about(key); }

}  // namespace

/// What a Store consists of. On the heap, because reader and writer refer to the connection.
class Store::Drawers {
 public:
  Drawers(ipset::Connection connection, const Options& options)
      : connection_(std::move(connection)),
        reader_(connection_),
        writer_(connection_, reader_, options.timeout) {}

  store::DrawerReader& reader() { return reader_; }
  store::DrawerWriter& writer() { return writer_; }

 private:
  ipset::Connection connection_;
  store::DrawerReader reader_;
  store::DrawerWriter writer_;
};

Store::Store(std::unique_ptr<Drawers> drawers) : drawers_(std::move(drawers)) {}
Store::Store(Store&& other) noexcept = default;
Store& Store::operator=(Store&& other) noexcept = default;
Store::~Store() = default;

Result<Store> Store::open(const Options& options) {
  auto connection = connect(options);
  if (!connection) return tl::unexpected(connection.error());
  return Store(std::make_unique<Drawers>(*std::move(connection), options));
}

Result<bool> Store::get(std::string_view key, std::string& value) {
  value.clear();
  const auto name = store::set_name_of(key);
  if (!name) return tl::unexpected(name.error());
  store::Drawer drawer;
  const auto content = drawers_->reader().read(*name, &value, drawer);
  if (!content) return tl::unexpected(content.error());
  if (*content == store::Content::kForeign) return tl::unexpected(not_a_value(key));
  return *content == store::Content::kValue;
}

Result<std::optional<std::string>> Store::get(std::string_view key) {
  std::string value;
  const auto found = get(key, value);
  if (!found) return tl::unexpected(found.error());
  if (!*found) return std::nullopt;
  return value;
}

Result<void> Store::set(std::string_view key, std::string_view value) {
  return set(key, std::as_bytes(std::span(value)));
}

Result<void> Store::set(std::string_view key, std::span<const std::byte> value) {
  const auto name = store::set_name_of(key);
  if (!name) return tl::unexpected(name.error());
  if (value.size() > kMaxValueBytes) {
    const Error error{
        .code = ErrorCode::kValueTooLong, .actual = value.size(), .limit = kMaxValueBytes};
    return tl::unexpected(error.about(key));
  }
  return drawers_->writer().write(*name, value);
}

Result<bool> Store::del(std::string_view key) {
  const auto name = store::set_name_of(key);
  if (!name) return tl::unexpected(name.error());
  return drawers_->writer().remove(*name);
}

Result<bool> Store::exists(std::string_view key) {
  const auto name = store::set_name_of(key);
  if (!name) return tl::unexpected(name.error());
  store::Drawer drawer;
  const auto content = drawers_->reader().read(*name, nullptr, drawer);
  if (!content) return tl::unexpected(content.error());
  return *content == store::Content::kValue;
}

Result<std::optional<KeyInfo>> Store::info(std::string_view key) {
  const auto name = store::set_name_of(key);
  if (!name) return tl::unexpected(name.error());
  store::Drawer drawer;
  const auto content = drawers_->reader().read(*name, nullptr, drawer);
  if (!content) return tl::unexpected(content.error());
  if (*content == store::Content::kForeign) return tl::unexpected(not_a_value(key));
  if (*content == store::Content::kNothing) return std::nullopt;
  return describe(key, drawer);
}

Result<void> Store::for_each(std::string_view pattern,
                             const std::function<void(const KeyInfo&)>& visit) {
  return drawers_->reader().read_all(
      [&](std::string_view name) {
        return store::can_be_key(name) && store::glob_matches(pattern, name);
      },
      [&](std::string_view name, const store::Drawer& drawer) { visit(describe(name, drawer)); });
}

Result<std::vector<std::string>> Store::keys(std::string_view pattern) {
  std::vector<std::string> keys;
  const auto visited = for_each(pattern, [&](const KeyInfo& info) { keys.push_back(info.key); });
  if (!visited) return tl::unexpected(visited.error());
  std::sort(keys.begin(), keys.end());
  return keys;
}

std::string_view library_version() { return kVersion; }

}  // namespace ipsetkv
