// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <span>
#include <string_view>

namespace ipsetkv::server {

/// The words of a request; borrowed.
using Words = std::span<const std::string_view>;

[[nodiscard]] constexpr char lower_case(char letter) {
  return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
}

/// Whether `word` is `lower_case_word` in upper or lower case.
[[nodiscard]] inline bool is_word(std::string_view word, std::string_view lower_case_word) {
  return std::ranges::equal(word, lower_case_word, {}, lower_case);
}

}  // namespace ipsetkv::server
