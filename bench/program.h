// SPDX-License-Identifier: MIT
#pragma once

#include <map>
#include <string>
#include <vector>

namespace ipsetkv::bench {

/// Measurements, one each round, by the name of their row.
using Rows = std::map<std::string, std::vector<double>>;

/// The command line of a program: [--quick] [--output FILE].
struct Settings {
  bool quick = false;  ///< Only check that everything runs and returns correct results.
  const char* output = nullptr;
};

/// The main function of a benchmark: parses the command line, measures, and writes `{"name":
/// {ROWS}, FACTS}` as JSON to the file or to standard output. Returns the exit status.
[[nodiscard]] int run_program(int count, char** arguments, const char* rows_name,
                              bool (*measure)(const Settings& settings, Rows& rows),
                              const std::string& facts = {});

}  // namespace ipsetkv::bench
