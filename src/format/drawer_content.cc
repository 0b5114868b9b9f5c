// SPDX-License-Identifier: MIT
#include "format/drawer_content.h"

#include <span>

#include "ipsetkv/store.h"

namespace ipsetkv::format {

Kind kind_of(Layout layout, std::size_t bytes) {
  switch (layout) {
    case Layout::kAuto:
      return bytes <= kAutoIpv4Bytes ? Kind::kIpv4 : Kind::kComment;
    case Layout::kIpv4:
      return Kind::kIpv4;
    case Layout::kIpv6:
      return Kind::kIpv6;
    case Layout::kComment:
      return Kind::kComment;
    case Layout::kCounters:
      return Kind::kCounters;
  }
  return Kind::kComment;
}

Layout layout_of(Kind kind) {
  switch (kind) {
    case Kind::kIpv4:
      return Layout::kIpv4;
    case Kind::kIpv6:
      return Layout::kIpv6;
    case Kind::kComment:
      return Layout::kComment;
    case Kind::kCounters:
      return Layout::kCounters;
  }
  return Layout::kAuto;
}

Result<DrawerContent> content_of(const Place& place, std::string_view value, Layout layout,
                                 std::optional<Moment> deadline, Moment now) {
  DrawerContent content{.value = std::as_bytes(std::span(value)),
                        .kind = kind_of(layout, value.size()),
                        .key = place.key_inside,
                        .deadline = deadline};
  if (!fits(content)) {
    const Error error{
        .code = ErrorCode::kValueTooLong, .actual = value.size(), .limit = longest_value(content)};
    return tl::unexpected(
        error.about(place.key_inside.empty() ? place.name.view() : place.key_inside));
  }
  if (deadline) content.life = timeout_until(*deadline, now);
  return content;
}

}  // namespace ipsetkv::format
