// SPDX-License-Identifier: MIT
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace ipsetkv::cli {

/// The candidate that somebody who typed `word` most likely meant: one that is at most two letters
/// off, or that other programs call by that word. Empty if there is none.
[[nodiscard]] std::string_view closest(std::string_view word,
                                       std::span<const std::string> candidates);

}  // namespace ipsetkv::cli
