// SPDX-License-Identifier: MIT
#pragma once

#include "cli/arguments.h"
#include "cli/exit_status.h"

namespace ipsetkv::cli {

/// Serves Redis clients until somebody ends it. It opens stores of its own.
[[nodiscard]] ExitStatus serve(const Arguments& arguments);

}  // namespace ipsetkv::cli
