// SPDX-License-Identifier: MIT
#pragma once

#include "cli/arguments.h"
#include "cli/exit_status.h"
#include "ipsetkv/store.h"

namespace ipsetkv::cli {

/// Writes all keys to standard output, or to a file that is replaced as a whole or not at all.
[[nodiscard]] ExitStatus save(Store& store, const Arguments& arguments);

/// Reads keys from standard input or a file.
[[nodiscard]] ExitStatus restore(Store& store, const Arguments& arguments);

}  // namespace ipsetkv::cli
