// SPDX-License-Identifier: MIT
#include "cli/outcome.h"

#include "cli/escape.h"
#include "cli/streams.h"

namespace ipsetkv::cli {
namespace {

// How much of a long key a message repeats.
constexpr std::size_t kShownBytes = 80;

std::string shown(std::string_view key) {
  if (key.size() <= kShownBytes) return escape_for_line(key);
  return escape_for_line(key.substr(0, kShownBytes)) + "...";
}

}  // namespace

ExitStatus fail(const Error& error) {
  write_error("ipsetkv: " + error.message() + "\n");
  return exit_status_of(error.category());
}

ExitStatus say_no(std::string_view key, std::string_view reason) {
  write_error("ipsetkv: " + shown(key) + ": " + std::string(reason) + "\n");
  return ExitStatus::kNo;
}

ExitStatus no_such_key(std::string_view key) {
  return say_no(key, "no such key; `ipsetkv keys` lists those there are");
}

void note(ExitStatus& whole, ExitStatus one) {
  if (whole == ExitStatus::kDone || (whole == ExitStatus::kNo && one != ExitStatus::kDone))
    whole = one;
}

ExitStatus print(std::string_view text, ExitStatus status) {
  const auto written = write_output(text);
  return written ? status : fail(written.error());
}

ExitStatus print_value(std::string value) {
  if (output_is_terminal()) value += '\n';
  return print(value);
}

ExitStatus print_number(std::int64_t number) { return print(std::to_string(number) + "\n"); }

}  // namespace ipsetkv::cli
