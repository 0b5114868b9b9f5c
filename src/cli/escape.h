// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

/// Bytes as text. A byte that the text cannot hold is written as a backslash, `x` and two digits,
/// and so is a backslash that would look like the beginning of that. Whoever turns every `\xNN`
/// back into its byte has the exact bytes again.
namespace ipsetkv::cli {

/// One line of valid UTF-8, without control characters.
[[nodiscard]] std::string escape_for_line(std::string_view bytes);

/// Valid UTF-8, control characters included: JSON has its own way for those.
[[nodiscard]] std::string escape_for_json(std::string_view bytes);

}  // namespace ipsetkv::cli
