// SPDX-License-Identifier: MIT
#pragma once

#include "ipsetkv/error.h"

namespace ipsetkv::server {

/// Gives up every capability except CAP_NET_ADMIN. Changes to the user "nobody" if the process is
/// the superuser and may do that. Requires: everything that needs more rights is open. Errors:
/// kSystemCall.
[[nodiscard]] Result<void> drop_privileges();

/// Raises the limit of open files to the highest that is allowed.
void raise_file_limit();

}  // namespace ipsetkv::server
