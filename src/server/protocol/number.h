// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ipsetkv::server {

/// What Redis takes for an integer: decimal, without spaces, plus sign or leading zeros.
[[nodiscard]] std::optional<std::int64_t> integer_in(std::string_view text);

/// What Redis takes for an amount of memory: an integer that is not negative, with a unit behind it
/// or none, such as "10mb" or "1g". Those that end in "b" are powers of 1024, the others of 1000.
[[nodiscard]] std::optional<std::int64_t> memory_in(std::string_view text);

/// What Redis takes for a number of INCRBYFLOAT: no spaces around it, and not "nan".
[[nodiscard]] std::optional<long double> float_in(std::string_view text);

/// With 17 digits behind the point at most, and no zeros at the end.
[[nodiscard]] std::string float_text(long double number);

}  // namespace ipsetkv::server
