// SPDX-License-Identifier: MIT
#include "store/drawers.h"

#include <algorithm>

#include "store/clock.h"

namespace ipsetkv::store {

Result<layout::DrawerContent> content_of(const Place& place, std::string_view value, Layout layout,
                                         std::optional<std::uint64_t> deadline) {
  const bool comment =
      layout == Layout::kComment || (layout == Layout::kAuto && value.size() > kAutoIpv4Bytes);
  const std::size_t limit = comment ? kMaxValueBytes : kMaxIpv4Bytes;
  if (value.size() > limit) {
    const Error error{.code = ErrorCode::kValueTooLong, .actual = value.size(), .limit = limit};
    return tl::unexpected(
        error.about(place.key_inside.empty() ? place.name.view() : place.key_inside));
  }
  layout::DrawerContent content{.value = std::as_bytes(std::span(value)),
                                .kind = comment ? layout::Kind::kComment : layout::Kind::kIpv4,
                                .key = place.key_inside,
                                .deadline = deadline};
  if (deadline) content.life = life_until(*deadline, now_ms());
  return content;
}

Layout layout_of(layout::Kind kind) {
  return kind == layout::Kind::kComment ? Layout::kComment : Layout::kIpv4;
}

std::uint64_t to_ms(Deadline deadline) {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(deadline.time_since_epoch().count(), 1));
}

Deadline from_ms(std::uint64_t milliseconds) {
  return Deadline(std::chrono::milliseconds(static_cast<std::int64_t>(milliseconds)));
}

}  // namespace ipsetkv::store
