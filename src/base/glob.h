// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

namespace ipsetkv {

/// Whether `text` as a whole matches `pattern`, by Redis' rules: `*` any bytes, `?` any one byte,
/// `[abc]` one of these, `[a-z]` one of a range, `[^a]` one other than these, `\` takes the next
/// character as it is. A bracket that is not closed reaches to the pattern's end. Takes at most
/// time proportional to the product of the two lengths.
[[nodiscard]] bool glob_matches(std::string_view pattern, std::string_view text);

}  // namespace ipsetkv
