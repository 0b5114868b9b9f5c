// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

namespace ipsetkv::bench {

// How ipsetkv keeps bytes in comments (docs/format.md). Written apart from src/, so that the floor
// is not made of what is measured by it.

[[nodiscard]] std::string escape(std::string_view bytes);

/// Writes what a comment says to `place`, which has room for as much as the comment has; returns
/// the end.
char* unescape(std::string_view comment, char* place);

}  // namespace ipsetkv::bench
