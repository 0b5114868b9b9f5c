// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <charconv>
#include <concepts>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

/// Numbers in text: without signs, spaces and locales.
namespace ipsetkv {

/// The number that the whole of `text` is; nothing if it is not a number or is above `limit`.
template <std::unsigned_integral Number>
[[nodiscard]] std::optional<Number> number_of(
    std::string_view text, std::uint64_t limit = std::numeric_limits<Number>::max(),
    int base = 10) {
  std::uint64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, number, base);
  if (parsed.ec != std::errc() || parsed.ptr != end || number > limit) return std::nullopt;
  return static_cast<Number>(number);
}

/// The same for a number as C writes it: hexadecimal behind "0x", octal behind "0", else decimal.
template <std::unsigned_integral Number>
[[nodiscard]] std::optional<Number> number_of_literal(std::string_view text) {
  constexpr auto kLimit = std::numeric_limits<Number>::max();
  if (text.starts_with("0x") || text.starts_with("0X"))
    return number_of<Number>(text.substr(2), kLimit, 16);
  return number_of<Number>(text, kLimit, text.starts_with('0') ? 8 : 10);
}

/// Appends a number in decimal.
inline void put_number(std::string& text, std::uint64_t number) {
  std::array<char, std::numeric_limits<std::uint64_t>::digits10 + 1> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  text.append(digits.data(), end);
}

/// Appends the lowest `digits` digits of a number in hexadecimal, with letters from `letters`.
inline void put_hex(std::string& text, std::uint32_t number, int digits,
                    const char* letters = "0123456789abcdef") {
  for (int digit = digits - 1; digit >= 0; --digit) text += letters[number >> 4 * digit & 0xF];
}

}  // namespace ipsetkv
