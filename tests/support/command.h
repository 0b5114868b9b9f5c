// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ipsetkv::tests {

struct CommandResult {
  int status = -1;  ///< The exit status, or 128 plus the number of the signal that ended it.
  std::string output;
  std::string errors;
};

/// Runs a program, found through PATH, with `input` on its standard input, and waits for its end.
[[nodiscard]] CommandResult run(const std::vector<std::string>& command,
                                std::string_view input = {});

}  // namespace ipsetkv::tests
