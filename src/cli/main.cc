// SPDX-License-Identifier: MIT
#include <cstdio>
#include <exception>
#include <string>
#include <utility>
#include <variant>

#include "cli/arguments.h"
#include "cli/commands.h"
#include "cli/outcome.h"
#include "cli/streams.h"

namespace ipsetkv::cli {
namespace {

ExitStatus answer(const Answer& answer) {
  if (answer.status != ExitStatus::kDone) {
    write_error(answer.text);
    return answer.status;
  }
  return print(answer.text);
}

ExitStatus run(int count, const char* const* words) {
  occupy_standard_streams();
  auto parsed = parse_arguments(count, words);
  if (const auto* const instead = std::get_if<Answer>(&parsed)) return answer(*instead);
  return run_command(std::get<Arguments>(std::move(parsed)));
}

}  // namespace
}  // namespace ipsetkv::cli

int main(int count, char** words) {
  try {
    return static_cast<int>(ipsetkv::cli::run(count, words));
  } catch (const std::exception& error) {
    // Only memory that ran out gets here.
    ipsetkv::cli::write_error(std::string("ipsetkv: ") + error.what() + "; nothing was changed\n");
    return static_cast<int>(ipsetkv::cli::ExitStatus::kKernel);
  }
}
