// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <vector>

#include "ipsetkv/options.h"

namespace ipsetkv::bench {

/// Two values of the same length, written alternately so that every write changes the stored value.
/// Text without zero bytes, so each chunk is an address with tcp; in comments two of the 94
/// characters are escaped.
using Values = std::array<std::string, 2>;

/// Keys of the same length.
using Keys = std::vector<std::string>;

/// Random printable characters, the same in each run.
[[nodiscard]] Values make_values(std::size_t bytes);

[[nodiscard]] Keys make_keys(std::size_t count);
/// Keys of sixteen bytes each.
[[nodiscard]] Keys make_long_keys(std::size_t count);

/// The layout that Store::set chooses by default.
[[nodiscard]] Layout automatic_layout(std::size_t bytes);

}  // namespace ipsetkv::bench
