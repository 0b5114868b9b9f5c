// SPDX-License-Identifier: MIT
#include "store/drawers/predecessor.h"

namespace ipsetkv::store {

Predecessor predecessor_of(const Drawer& drawer) {
  return {.first = drawer.first,
          .shape = drawer.shape,
          .options = drawer.options,
          .references = drawer.references};
}

Result<std::optional<Predecessor>> DrawerInspector::inspect(const format::Place& place) {
  Drawer drawer;
  const auto content = reader_.read_raw(place, nullptr, drawer);
  if (!content) return tl::unexpected(content.error());
  if (*content == Content::kForeign)
    return tl::unexpected(Error{.code = ErrorCode::kNotAValue}.about(place.name.view()));
  if (*content == Content::kNothing) return std::nullopt;
  return predecessor_of(drawer);
}

}  // namespace ipsetkv::store
