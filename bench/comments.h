// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

namespace ipsetkv::bench {

// ipsetkv's form of bytes in comments (docs/format.md). Independent of src/, so that the floor does
// not consist of the code that it measures.

[[nodiscard]] std::string escape(std::string_view bytes);

/// Decodes a comment to `place`, which has room for the comment's length. Returns the end of the
/// decoded bytes.
char* unescape(std::string_view comment, char* place);

}  // namespace ipsetkv::bench
