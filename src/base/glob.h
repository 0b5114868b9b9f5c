// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

namespace ipsetkv {

/// Whether the whole of `text` matches `pattern`, by the rules of Redis: `*` matches any bytes, `?`
/// any one byte, `[abc]` one of these, `[a-z]` one of a range, `[^a]` one other than these; `\`
/// makes the next character literal. An unclosed bracket extends to the end of the pattern. Takes
/// at most time proportional to the product of the two lengths.
[[nodiscard]] bool glob_matches(std::string_view pattern, std::string_view text);

}  // namespace ipsetkv
