// SPDX-License-Identifier: MIT
#include "program.h"

#include <cstdio>
#include <cstring>

#include "private_namespace.h"

namespace ipsetkv::bench {
namespace {

bool parse(int count, char** arguments, Settings& settings) {
  for (int i = 1; i < count; ++i) {
    if (std::strcmp(arguments[i], "--quick") == 0)
      settings.quick = true;
    else if (std::strcmp(arguments[i], "--output") == 0 && i + 1 < count)
      settings.output = arguments[++i];
    else
      return false;
  }
  return true;
}

bool write(const Settings& settings, const char* rows_name, const Rows& rows,
           const std::string& facts) {
  std::FILE* const file = settings.output == nullptr ? stdout : std::fopen(settings.output, "w");
  if (file == nullptr) return false;
  std::fprintf(file, "{%s\"%s\": {", facts.c_str(), rows_name);
  const char* separator = "";
  for (const auto& [name, figures] : rows) {
    std::fprintf(file, "%s\n\"%s\": [", separator, name.c_str());
    for (std::size_t i = 0; i < figures.size(); ++i)
      std::fprintf(file, "%s%.5g", i == 0 ? "" : ", ", figures[i]);
    std::fprintf(file, "]");
    separator = ",";
  }
  std::fprintf(file, "\n}}\n");
  return std::fclose(file) == 0;
}

}  // namespace

int run_program(int count, char** arguments, const char* rows_name,
                bool (*measure)(const Settings& settings, Rows& rows), const std::string& facts) {
  Settings settings;
  if (!parse(count, arguments, settings))
    return std::fprintf(stderr, "%s [--quick] [--output FILE]\n", arguments[0]), 2;
  if (!enter_private_namespace()) {
    std::perror("no private network namespace");
    return 3;
  }
  Rows rows;
  return measure(settings, rows) && write(settings, rows_name, rows, facts) ? 0 : 1;
}

}  // namespace ipsetkv::bench
