// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string>

namespace ipsetkv::server {

/// Clears a buffer, and frees its memory if that is more than `kept` bytes, so that one large value
/// does not occupy memory for good.
inline void shrink(std::string& text, std::size_t kept) {
  text.clear();
  if (text.capacity() > kept) text.shrink_to_fit();
}

/// What a worker keeps for values of any client, in bytes.
inline constexpr std::size_t kKeptForValues = std::size_t{1024} * 1024;

}  // namespace ipsetkv::server
