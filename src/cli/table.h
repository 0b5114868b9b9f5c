// SPDX-License-Identifier: MIT
#pragma once

#include "cli/arguments.h"
#include "cli/exit_status.h"
#include "ipsetkv/store.h"

/// The commands for a whole table.
namespace ipsetkv::cli {

/// Shows how a table is stored.
[[nodiscard]] ExitStatus info_of_table(Store& store, const Arguments& arguments);

/// Removes it with all its keys.
[[nodiscard]] ExitStatus drop(Store& store, const Arguments& arguments);

}  // namespace ipsetkv::cli
