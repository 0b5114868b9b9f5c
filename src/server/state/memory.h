// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string>

namespace ipsetkv::server {

/// Empties a buffer, and gives back its memory where that is more than `kept` bytes: what one large
/// value took is not kept for the small ones.
inline void let_go(std::string& text, std::size_t kept) {
  text.clear();
  if (text.capacity() > kept) text.shrink_to_fit();
}

/// Of a worker, for values of any client.
inline constexpr std::size_t kKeptForValues = std::size_t{1024} * 1024;

}  // namespace ipsetkv::server
