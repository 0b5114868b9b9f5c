// SPDX-License-Identifier: MIT
#pragma once

#include <cstdlib>
#include <string_view>

namespace ipsetkv::tests {

/// Whether long tests run at full length, which takes minutes: IPSETKV_TEST_FULL=1.
[[nodiscard]] inline bool full_length() {
  const char* const wanted = std::getenv("IPSETKV_TEST_FULL");
  return wanted != nullptr && std::string_view(wanted) == "1";
}

}  // namespace ipsetkv::tests
