// SPDX-License-Identifier: MIT
#pragma once

#include "cli/arguments.h"
#include "cli/exit_status.h"

namespace ipsetkv::cli {

/// Does what the command line asks for: output to standard output, what went wrong to standard
/// error, one line each.
[[nodiscard]] ExitStatus run_command(Arguments arguments);

}  // namespace ipsetkv::cli
