// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <string_view>

namespace ipsetkv::ipset {

/// Whether two words are the same in ASCII, whatever the case of their letters.
[[nodiscard]] inline bool same_word(std::string_view one, std::string_view other) {
  const auto lower = [](char letter) {
    return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
  };
  return std::ranges::equal(one, other, {}, lower, lower);
}

}  // namespace ipsetkv::ipset
