// SPDX-License-Identifier: MIT
#include "server/protocol/number.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <iterator>

namespace ipsetkv::server {

std::optional<std::int64_t> integer_in(std::string_view text) {
  std::int64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, number);
  if (parsed.ec != std::errc() || parsed.ptr != end) return std::nullopt;
  if (text != "0" && (text.front() == '0' || text.starts_with("-0"))) return std::nullopt;
  return number;
}

std::optional<std::int64_t> memory_in(std::string_view text) {
  struct Unit {
    std::string_view name;
    std::int64_t bytes;
  };
  constexpr std::int64_t kStep = 1000;
  constexpr std::int64_t kPower = 1024;
  constexpr Unit kUnits[] = {{"", 1},
                             {"b", 1},
                             {"k", kStep},
                             {"kb", kPower},
                             {"m", kStep * kStep},
                             {"mb", kPower * kPower},
                             {"g", kStep * kStep * kStep},
                             {"gb", kPower * kPower * kPower}};
  std::int64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, number);
  if (parsed.ec != std::errc() || number < 0 || text.front() == '-') return std::nullopt;
  std::string unit(parsed.ptr, end);
  for (char& letter : unit)
    letter = static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
  const auto* const found = std::ranges::find(kUnits, unit, &Unit::name);
  if (found == std::end(kUnits) || __builtin_mul_overflow(number, found->bytes, &number))
    return std::nullopt;
  return number;
}

std::optional<long double> float_in(std::string_view text) {
  // Redis' limit (MAX_LONG_DOUBLE_CHARS).
  constexpr std::size_t kLongest = std::size_t{5} * 1024;
  if (text.empty() || text.size() >= kLongest) return std::nullopt;
  if (std::isspace(static_cast<unsigned char>(text.front())) != 0) return std::nullopt;
  const std::string copy(text);
  char* end = nullptr;
  errno = 0;
  const long double number = std::strtold(copy.c_str(), &end);
  if (end != copy.c_str() + copy.size() || std::isnan(number)) return std::nullopt;
  if (errno == ERANGE && (std::isinf(number) || number == 0)) return std::nullopt;
  return number;
}

std::string float_text(long double number) {
  // The largest has 4,933 digits before the point.
  std::array<char, 5120> digits{};
  const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), number,
                                          std::chars_format::fixed, 17);
  std::string text(digits.data(), end);
  if (text.find('.') == std::string::npos) return text;
  while (text.ends_with('0')) text.pop_back();
  if (text.ends_with('.')) text.pop_back();
  return text == "-0" ? "0" : text;
}

}  // namespace ipsetkv::server
