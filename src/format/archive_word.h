// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <charconv>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <tl/expected.hpp>

#include "ipsetkv/error.h"

/// What the lines of saved text are made of.
namespace ipsetkv::format {

struct BadLine {
  LineFault fault = LineFault::kNone;
  std::string_view word;  ///< The part of the line that is wrong.
};

using Parsed = tl::expected<void, BadLine>;

[[nodiscard]] inline tl::unexpected<BadLine> bad(LineFault fault, std::string_view word) {
  return tl::unexpected(BadLine{.fault = fault, .word = word});
}

/// The number that the whole of `text` is; nothing if it is none, or beyond `limit`.
template <class Number>
[[nodiscard]] std::optional<Number> number_of(
    std::string_view text, std::uint64_t limit = std::numeric_limits<Number>::max(),
    int base = 10) {
  std::uint64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, number, base);
  if (parsed.ec != std::errc() || parsed.ptr != end || number > limit) return std::nullopt;
  return static_cast<Number>(number);
}

/// Appends a number in decimal.
inline void put_number(std::string& text, std::uint64_t number) {
  std::array<char, std::numeric_limits<std::uint64_t>::digits10 + 1> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  text.append(digits.data(), end);
}

}  // namespace ipsetkv::format
