// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <vector>

#include "ipsetkv/options.h"

namespace ipsetkv::bench {

/// Two values of one length that take turns, so that every write changes what is stored. Text
/// without zero bytes: each chunk is an address with tcp. In comments two bytes of 94 are escaped.
using Values = std::array<std::string, 2>;

/// Names of one length.
using Keys = std::vector<std::string>;

/// Random printable characters, the same ones each time.
[[nodiscard]] Values make_values(std::size_t bytes);

[[nodiscard]] Keys make_keys(std::size_t count);
/// The same with sixteen bytes each.
[[nodiscard]] Keys make_long_keys(std::size_t count);

/// What Store::set chooses of itself.
[[nodiscard]] Layout automatic_layout(std::size_t bytes);

}  // namespace ipsetkv::bench
