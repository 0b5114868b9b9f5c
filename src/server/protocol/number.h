// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ipsetkv::server {

/// Redis' syntax of integers: decimal, without spaces, plus sign or leading zeros.
[[nodiscard]] std::optional<std::int64_t> integer_in(std::string_view text);

/// Redis' syntax of memory sizes: a non-negative integer with or without a unit, such as "10mb" or
/// "1g". Units that end in "b" are powers of 1024, the others of 1000.
[[nodiscard]] std::optional<std::int64_t> memory_in(std::string_view text);

/// Redis' syntax of numbers of INCRBYFLOAT: no spaces around it, and not "nan".
[[nodiscard]] std::optional<long double> float_in(std::string_view text);

/// With at most 17 digits after the point and without trailing zeros.
[[nodiscard]] std::string float_text(long double number);

}  // namespace ipsetkv::server
