// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ipsetkv::tests {

using Bytes = std::vector<std::byte>;

/// The bytes given as hexadecimal digits; all other characters in `text` are ignored.
[[nodiscard]] inline Bytes from_hex(std::string_view text) {
  Bytes bytes;
  int high = -1;
  for (const char digit : text) {
    const auto value = std::string_view("0123456789abcdef").find(digit);
    if (value == std::string_view::npos) continue;
    if (high >= 0) bytes.push_back(static_cast<std::byte>(high << 4 | static_cast<int>(value)));
    high = high >= 0 ? -1 : static_cast<int>(value);
  }
  return bytes;
}

/// Hexadecimal words of four bytes, eight on a line, so that GoogleTest shows which line differs.
[[nodiscard]] inline std::string to_hex(std::span<const std::byte> bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (std::size_t index = 0; index < bytes.size(); ++index) {
    if (index % 4 == 0 && index != 0) text += index % 32 == 0 ? '\n' : ' ';
    text += kDigits[std::to_integer<std::size_t>(bytes[index] >> 4)];
    text += kDigits[std::to_integer<std::size_t>(bytes[index] & std::byte{15})];
  }
  return text;
}

[[nodiscard]] inline std::string_view as_text(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

[[nodiscard]] inline std::span<const std::byte> as_bytes(std::string_view text) {
  return std::as_bytes(std::span(text));
}

}  // namespace ipsetkv::tests
