// SPDX-License-Identifier: MIT
#include "store/drawers.h"

#include <algorithm>

#include "store/clock.h"

namespace ipsetkv::store {
namespace {

layout::Kind kind_of(Layout layout, std::size_t bytes) {
  switch (layout) {
    case Layout::kAuto:
      return bytes <= kAutoIpv4Bytes ? layout::Kind::kIpv4 : layout::Kind::kComment;
    case Layout::kIpv4:
      return layout::Kind::kIpv4;
    case Layout::kIpv6:
      return layout::Kind::kIpv6;
    case Layout::kComment:
      return layout::Kind::kComment;
    case Layout::kCounters:
      return layout::Kind::kCounters;
  }
  return layout::Kind::kComment;
}

}  // namespace

Result<layout::DrawerContent> content_of(const Place& place, std::string_view value, Layout layout,
                                         std::optional<std::uint64_t> deadline) {
  layout::DrawerContent content{.value = std::as_bytes(std::span(value)),
                                .kind = kind_of(layout, value.size()),
                                .key = place.key_inside,
                                .deadline = deadline};
  if (!layout::fits(content)) {
    const Error error{.code = ErrorCode::kValueTooLong,
                      .actual = value.size(),
                      .limit = layout::longest_value(content)};
    return tl::unexpected(
        error.about(place.key_inside.empty() ? place.name.view() : place.key_inside));
  }
  if (deadline) content.life = life_until(*deadline, now_ms());
  return content;
}

Layout layout_of(layout::Kind kind) {
  switch (kind) {
    case layout::Kind::kIpv4:
      return Layout::kIpv4;
    case layout::Kind::kIpv6:
      return Layout::kIpv6;
    case layout::Kind::kComment:
      return Layout::kComment;
    case layout::Kind::kCounters:
      return Layout::kCounters;
  }
  return Layout::kAuto;
}

Layout chosen_layout(const Drawer& drawer) {
  const bool is_usual = drawer.kind == kind_of(Layout::kAuto, drawer.value_bytes);
  return is_usual ? Layout::kAuto : layout_of(drawer.kind);
}

std::uint64_t to_ms(Deadline deadline) {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(deadline.time_since_epoch().count(), 1));
}

Deadline from_ms(std::uint64_t milliseconds) {
  return Deadline(std::chrono::milliseconds(static_cast<std::int64_t>(milliseconds)));
}

}  // namespace ipsetkv::store
