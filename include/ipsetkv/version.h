// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

#include "ipsetkv/export.h"

namespace ipsetkv {

/// The version of the headers that this program was compiled with.
inline constexpr std::string_view kVersion = "0.1.0";

/// The version of the library that this program runs with. Differs from kVersion after an update of
/// the shared library.
[[nodiscard]] IPSETKV_EXPORT std::string_view library_version();

}  // namespace ipsetkv
