// SPDX-License-Identifier: MIT
#pragma once

#include "cli/arguments.h"
#include "cli/exit_status.h"
#include "ipsetkv/store.h"

/// The commands that change something. What they take is whole: no value is "-" any more.
namespace ipsetkv::cli {

[[nodiscard]] ExitStatus set(Store& store, const Arguments& arguments);
[[nodiscard]] ExitStatus mset(Store& store, const Arguments& arguments);
[[nodiscard]] ExitStatus cas(Store& store, const Arguments& arguments);
[[nodiscard]] ExitStatus incr(Store& store, const Arguments& arguments);
[[nodiscard]] ExitStatus append(Store& store, const Arguments& arguments);
[[nodiscard]] ExitStatus setrange(Store& store, const Arguments& arguments);
[[nodiscard]] ExitStatus expire(Store& store, const Arguments& arguments);
[[nodiscard]] ExitStatus persist(Store& store, const Arguments& arguments);
[[nodiscard]] ExitStatus rename(Store& store, const Arguments& arguments);
[[nodiscard]] ExitStatus copy(Store& store, const Arguments& arguments);
[[nodiscard]] ExitStatus del(Store& store, const Arguments& arguments);
[[nodiscard]] ExitStatus sweep(Store& store, const Arguments& arguments);

}  // namespace ipsetkv::cli
