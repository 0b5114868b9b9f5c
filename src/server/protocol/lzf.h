// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace ipsetkv::server {

/// Unpacks what LibLZF has packed, which must be `length` bytes; nothing if it is not. Debian's
/// liblzf is a shared library alone, and loading one more would cost every command of the tool more
/// than reading this costs anybody.
[[nodiscard]] std::optional<std::string> unpack_lzf(std::string_view packed, std::size_t length);

}  // namespace ipsetkv::server
