// SPDX-License-Identifier: MIT
#include "ipsetkv/store.h"

#include <algorithm>
#include <utility>

#include "ipset/connection.h"
#include "ipsetkv/version.h"
#include "netlink/namespace.h"
#include "store/drawers.h"
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

KeyInfo describe(std::string_view name, std::string_view key, const store::Drawer& drawer) {
  KeyInfo info{.key = std::string(key),
               .set_name = std::string(name),
               .type = std::string(ipset::type_name(drawer.shape.type)),
               .layout = std::string(layout::kind_name(drawer.kind)),
               .elements = drawer.elements,
               .value_bytes = drawer.value_bytes,
               .kernel_memory = drawer.memory_bytes,
               .deadline = {}};
  if (drawer.deadline) info.deadline = store::from_ms(*drawer.deadline);
  return info;
}

Error not_a_value(std::string_view key) { return Error{.code = ErrorCode::kNotAValue}.about(key); }

}  // namespace

Store::Store(std::unique_ptr<Drawers> drawers) : drawers_(std::move(drawers)) {}
Store::Store(Store&& other) noexcept = default;
Store& Store::operator=(Store&& other) noexcept = default;
Store::~Store() = default;

Result<Store> Store::open(const Options& options) {
  auto connection = connect(options);
  if (!connection) return tl::unexpected(connection.error());
  return Store(std::make_unique<Drawers>(*std::move(connection), options));
}

Result<store::Content> Store::Drawers::read(std::string_view key, std::string* to,
                                            store::Drawer& drawer) {
  const auto place = store::place_of(key);
  if (!place) return tl::unexpected(place.error());
  auto content = reader.read(*place, to, drawer);
  if (!content || *content != store::Content::kEnded) return content;
  // Whoever meets an expired key gives its memory back; if he can't, the next one will.
  const auto settled = writer.settle(*place, to, drawer);
  return settled ? *settled : content;
}

Result<bool> Store::get(std::string_view key, std::string& value) {
  store::Drawer drawer;
  const auto content = drawers_->read(key, &value, drawer);
  if (!content) {
    value.clear();
    return tl::unexpected(content.error());
  }
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
  const auto place = store::place_of(key);
  if (!place) return tl::unexpected(place.error());
  const std::string_view text(reinterpret_cast<const char*>(value.data()), value.size());
  const auto content = store::content_of(*place, text, Layout::kAuto, std::nullopt);
  if (!content) return tl::unexpected(content.error());
  return drawers_->writer.write(*place, *content);
}

Result<bool> Store::del(std::string_view key) {
  const auto place = store::place_of(key);
  if (!place) return tl::unexpected(place.error());
  return drawers_->writer.remove(*place);
}

Result<bool> Store::exists(std::string_view key) {
  store::Drawer drawer;
  const auto content = drawers_->read(key, nullptr, drawer);
  if (!content) return tl::unexpected(content.error());
  return *content == store::Content::kValue;
}

Result<std::optional<KeyInfo>> Store::info(std::string_view key) {
  store::Drawer drawer;
  const auto content = drawers_->read(key, nullptr, drawer);
  if (!content) return tl::unexpected(content.error());
  if (*content == store::Content::kForeign) return tl::unexpected(not_a_value(key));
  if (*content != store::Content::kValue) return std::nullopt;
  return describe(store::place_of(key)->name.view(), key, drawer);
}

Result<std::optional<std::optional<Deadline>>> Store::deadline(std::string_view key) {
  const auto known = info(key);
  if (!known) return tl::unexpected(known.error());
  if (!*known) return std::nullopt;
  return std::optional<std::optional<Deadline>>((*known)->deadline);
}

Result<void> Store::for_each(std::string_view pattern,
                             const std::function<void(const KeyInfo&)>& visit) {
  // A set's name may be the digest of a key that matches; only its elements tell.
  return drawers_->reader.read_all(
      [&](std::string_view name) {
        return store::is_digest(name) ||
               (store::can_be_key(name) && store::glob_matches(pattern, name));
      },
      [&](std::string_view name, std::string_view key, store::Content content,
          const store::Drawer& drawer) {
        if (content == store::Content::kValue && store::glob_matches(pattern, key))
          visit(describe(name, key, drawer));
      });
}

Result<bool> Store::rename(std::string_view key, std::string_view new_key, bool only_if_absent) {
  const auto from = store::place_of(key);
  if (!from) return tl::unexpected(from.error());
  const auto to = store::place_of(new_key);
  if (!to) return tl::unexpected(to.error());
  return drawers_->writer.transfer(*from, *to, {.remove = true, .replace = !only_if_absent});
}

Result<bool> Store::copy(std::string_view key, std::string_view new_key, bool replace) {
  const auto from = store::place_of(key);
  if (!from) return tl::unexpected(from.error());
  const auto to = store::place_of(new_key);
  if (!to) return tl::unexpected(to.error());
  return drawers_->writer.transfer(*from, *to, {.remove = false, .replace = replace});
}

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
