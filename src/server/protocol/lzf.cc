// SPDX-License-Identifier: MIT
#include "server/protocol/lzf.h"

#include <cstdint>

namespace ipsetkv::server {
namespace {

/// Reads bytes from the front; past the end they are zeros, and `failed` is set.
struct Source {
  std::string_view rest;
  bool failed = false;

  std::size_t byte() {
    if (rest.empty()) {
      failed = true;
      return 0;
    }
    const auto value = static_cast<std::uint8_t>(rest.front());
    rest.remove_prefix(1);
    return value;
  }
};

/// Copies output from `distance` bytes before its end; the two ranges may overlap.
bool repeat(std::string& text, std::size_t distance, std::size_t count) {
  if (distance > text.size()) return false;
  for (std::size_t i = 0; i < count; ++i) text += text[text.size() - distance];
  return true;
}

}  // namespace

std::optional<std::string> unpack_lzf(std::string_view packed, std::size_t length) {
  constexpr std::size_t kMostLiterals = 32;  // Below this a control byte counts bytes as they are.
  constexpr std::size_t kLong = 7;           // One more byte adds to such a count.
  std::string text;
  text.reserve(length);
  Source source{packed};
  while (!source.rest.empty()) {
    const std::size_t control = source.byte();
    if (control < kMostLiterals) {
      const std::size_t count = control + 1;
      if (count > source.rest.size() || count > length - text.size()) return std::nullopt;
      text += source.rest.substr(0, count);
      source.rest.remove_prefix(count);
      continue;
    }
    std::size_t count = control >> 5U;
    if (count == kLong) count += source.byte();
    count += 2;
    const std::size_t distance = ((control & 0x1fU) << 8U) + source.byte() + 1;
    if (source.failed || count > length - text.size() || !repeat(text, distance, count))
      return std::nullopt;
  }
  if (text.size() != length) return std::nullopt;
  return text;
}

}  // namespace ipsetkv::server
