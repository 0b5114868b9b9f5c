// SPDX-License-Identifier: MIT
#include "store/drawers/predecessor.h"

namespace ipsetkv::store {

std::optional<Predecessor> predecessor_of(Content content, const Drawer& drawer) {
  if (content == Content::kNothing) return std::nullopt;
  return Predecessor{.first = drawer.first,
                     .shape = drawer.shape,
                     .options = drawer.options,
                     .references = drawer.references};
}

std::optional<Predecessor> certain_predecessor(Content content, const Drawer& drawer) {
  auto predecessor = predecessor_of(content, drawer);
  if (predecessor) predecessor->is_certain = true;
  return predecessor;
}

Result<std::optional<Predecessor>> DrawerInspector::inspect(const format::Place& place) {
  Drawer drawer;
  const auto content = reader_.read_raw(place, nullptr, drawer);
  if (!content) return tl::unexpected(content.error());
  if (*content == Content::kForeign)
    return tl::unexpected(Error{.code = ErrorCode::kNotAValue}.about(place.name.view()));
  return predecessor_of(*content, drawer);
}

}  // namespace ipsetkv::store
