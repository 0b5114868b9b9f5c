// SPDX-License-Identifier: MIT
#include "cli/outcome.h"

#include "cli/streams.h"

namespace ipsetkv::cli {

ExitStatus fail(const Error& error) {
  write_error("ipsetkv: " + error.message() + "\n");
  return exit_status_of(error.category());
}

ExitStatus print(std::string_view text, ExitStatus status) {
  const auto written = write_output(text);
  return written ? status : fail(written.error());
}

}  // namespace ipsetkv::cli
