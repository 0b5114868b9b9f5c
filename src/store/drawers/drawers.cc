// SPDX-License-Identifier: MIT
#include "store/drawers/drawers.h"

#include <algorithm>

#include "base/glob.h"
#include "format/key.h"
#include "format/moment.h"

namespace ipsetkv::store {
namespace {

Present present_of(const Drawer& drawer) {
  return {.value_bytes = drawer.value_bytes,
          .deadline = drawer.deadline,
          .layout = format::layout_of(drawer.kind),
          .chosen = chosen_layout(drawer)};
}

KeyInfo describe(std::string_view name, std::string_view key, const Drawer& drawer) {
  KeyInfo info{.key = std::string(key),
               .set_name = std::string(name),
               .type = std::string(ipset::type_name(drawer.shape.type)),
               .layout = std::string(format::kind_name(drawer.kind)),
               .elements = drawer.elements,
               .value_bytes = drawer.value_bytes,
               .kernel_memory = drawer.memory_bytes,
               .deadline = {}};
  if (drawer.deadline) info.deadline = format::deadline_of(*drawer.deadline);
  return info;
}

Error not_a_value(std::string_view key) { return Error{.code = ErrorCode::kNotAValue}.about(key); }

}  // namespace

Layout chosen_layout(const Drawer& drawer) {
  const bool is_usual = drawer.kind == format::kind_of(Layout::kAuto, drawer.value_bytes);
  return is_usual ? Layout::kAuto : format::layout_of(drawer.kind);
}

Drawers::Drawers(ipset::Connection& connection, std::chrono::milliseconds timeout)
    : connection_(connection),
      timeout_(timeout),
      reader_(connection),
      writer_(connection, reader_, timeout) {}

Result<Content> Drawers::read_confirmed(const format::Place& place, std::string* value,
                                        Drawer& drawer) {
  Backoff backoff(connection_.environment(), timeout_);
  auto content = reader_.read(place, value, drawer, backoff);
  if (!content || (*content != Content::kExpired && *content != Content::kUnsure)) return content;
  auto confirmed = writer_.read_under_lock(place, value, drawer, backoff);
  // Without the lock an expired value counts as such; the next reader may destroy it.
  return confirmed || *content == Content::kUnsure ? confirmed : content;
}

Result<std::optional<Present>> Drawers::read(std::string_view key, std::string* value) {
  const auto place = format::place_of(key);
  if (!place) return tl::unexpected(place.error());
  Drawer drawer;
  const auto content = read_confirmed(*place, value, drawer);
  if (!content) return tl::unexpected(content.error());
  if (*content == Content::kForeign) return tl::unexpected(not_a_value(key));
  if (*content != Content::kValue) return std::nullopt;
  return present_of(drawer);
}

Result<bool> Drawers::exists(std::string_view key) {
  const auto place = format::place_of(key);
  if (!place) return tl::unexpected(place.error());
  Drawer drawer;
  const auto content = read_confirmed(*place, nullptr, drawer);
  if (!content) return tl::unexpected(content.error());
  return *content == Content::kValue;
}

Result<std::optional<KeyInfo>> Drawers::info(std::string_view key) {
  const auto place = format::place_of(key);
  if (!place) return tl::unexpected(place.error());
  Drawer drawer;
  const auto content = read_confirmed(*place, nullptr, drawer);
  if (!content) return tl::unexpected(content.error());
  if (*content == Content::kForeign) return tl::unexpected(not_a_value(key));
  if (*content != Content::kValue) return std::nullopt;
  return describe(place->name.view(), key, drawer);
}

Result<void> Drawers::write(std::string_view key, std::string_view value, Layout layout,
                            std::optional<format::Moment> deadline) {
  const auto place = format::place_of(key);
  if (!place) return tl::unexpected(place.error());
  const auto content = format::content_of(*place, value, layout, deadline, now());
  if (!content) return tl::unexpected(content.error());
  return writer_.write(*place, *content);
}

Result<bool> Drawers::remove(std::string_view key) {
  const auto place = format::place_of(key);
  if (!place) return tl::unexpected(place.error());
  return writer_.remove(*place);
}

Result<bool> Drawers::update(std::string_view key, std::string* value, const Decide& decide) {
  const auto place = format::place_of(key);
  if (!place) return tl::unexpected(place.error());
  return writer_.update(*place, value, [&](const Drawer* drawer) -> Result<DrawerChange> {
    std::optional<Present> present;
    if (drawer != nullptr) present = present_of(*drawer);
    const auto decided = decide(present ? &*present : nullptr);
    if (!decided) return tl::unexpected(decided.error());
    const Change change = resolve(*decided, now());
    if (change.action != Change::Action::kWrite) return DrawerChange{change.action, {}};
    auto content = format::content_of(*place, change.value, change.layout, change.deadline, now());
    if (!content && change.or_auto)
      content = format::content_of(*place, change.value, Layout::kAuto, change.deadline, now());
    if (!content) return tl::unexpected(content.error());
    return DrawerChange{change.action, *content};
  });
}

Result<bool> Drawers::transfer(std::string_view key, std::string_view new_key, Transfer how) {
  const auto from = format::place_of(key);
  if (!from) return tl::unexpected(from.error());
  const auto to = format::place_of(new_key);
  if (!to) return tl::unexpected(to.error());
  return writer_.transfer(*from, *to, how);
}

Result<void> Drawers::for_each(std::string_view pattern,
                               const std::function<void(const KeyInfo&)>& visit) {
  // Where a set's name is a digest, only its elements tell whether the key matches.
  return reader_.read_all(
      [&](std::string_view name) {
        return format::is_digest(name) || (format::can_be_key(name) && glob_matches(pattern, name));
      },
      [&](std::string_view name, std::string_view key, Content content, const Drawer& drawer) {
        if (content == Content::kValue && glob_matches(pattern, key))
          visit(describe(name, key, drawer));
      });
}

}  // namespace ipsetkv::store
