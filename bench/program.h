// SPDX-License-Identifier: MIT
#pragma once

#include <map>
#include <string>
#include <vector>

namespace ipsetkv::bench {

/// What was measured, once a round, by the name of what it is.
using Rows = std::map<std::string, std::vector<double>>;

/// What the command line of a program says: [--quick] [--output FILE].
struct Settings {
  bool quick = false;  ///< Only sees whether everything runs and answers right.
  const char* output = nullptr;
};

/// The whole of a program that measures: reads the command line, has it measured, writes `{"name":
/// {ROWS}, FACTS}` as JSON to the file or to standard output. Returns the exit status.
[[nodiscard]] int run_program(int count, char** arguments, const char* rows_name,
                              bool (*measure)(const Settings& settings, Rows& rows),
                              const std::string& facts = {});

}  // namespace ipsetkv::bench
