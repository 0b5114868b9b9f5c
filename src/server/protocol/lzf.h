// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace ipsetkv::server {

/// Decompresses data of LibLZF; nothing if the result has not `length` bytes. Debian has liblzf
/// only as a shared library, and loading one more would slow down every start of the tool, so
/// the decompressor is here.
[[nodiscard]] std::optional<std::string> unpack_lzf(std::string_view packed, std::size_t length);

}  // namespace ipsetkv::server
