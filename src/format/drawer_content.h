// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "format/drawer_form.h"
#include "format/key.h"
#include "format/moment.h"
#include "ipsetkv/error.h"
#include "ipsetkv/options.h"

namespace ipsetkv::format {

/// The stored layout of a value of that many bytes for which `layout` was asked.
[[nodiscard]] Kind kind_of(Layout layout, std::size_t bytes);
[[nodiscard]] Layout layout_of(Kind kind);

/// What the set at `place` holds for that value; borrows the value and the place's key.
/// kValueTooLong if the layout has no room for it.
[[nodiscard]] Result<DrawerContent> content_of(const Place& place, std::string_view value,
                                               Layout layout, std::optional<Moment> deadline,
                                               Moment now);

}  // namespace ipsetkv::format
