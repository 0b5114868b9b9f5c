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

/// The stored layout for a value of `bytes` bytes when `layout` is requested.
[[nodiscard]] Kind kind_of(Layout layout, std::size_t bytes);
[[nodiscard]] Layout layout_of(Kind kind);

/// The content of the set at `place` for that value; borrows the value and the place's key.
/// kValueTooLong if the layout has no room for the value.
[[nodiscard]] Result<DrawerContent> content_of(const Place& place, std::string_view value,
                                               Layout layout, std::optional<Moment> deadline,
                                               Moment now);

}  // namespace ipsetkv::format
