// SPDX-License-Identifier: MIT
#pragma once

#include "cli/arguments.h"
#include "cli/exit_status.h"
#include "ipsetkv/store.h"

/// The commands that ask and change nothing.
namespace ipsetkv::cli {

[[nodiscard]] ExitStatus get(Store& store, const Arguments& arguments);
[[nodiscard]] ExitStatus getrange(Store& store, const Arguments& arguments);
[[nodiscard]] ExitStatus strlen(Store& store, const Arguments& arguments);
[[nodiscard]] ExitStatus mget(Store& store, const Arguments& arguments);
[[nodiscard]] ExitStatus exists(Store& store, const Arguments& arguments);
[[nodiscard]] ExitStatus ttl(Store& store, const Arguments& arguments);
[[nodiscard]] ExitStatus pttl(Store& store, const Arguments& arguments);
[[nodiscard]] ExitStatus keys(Store& store, const Arguments& arguments);
[[nodiscard]] ExitStatus scan(Store& store, const Arguments& arguments);
[[nodiscard]] ExitStatus info(Store& store, const Arguments& arguments);

}  // namespace ipsetkv::cli
