// SPDX-License-Identifier: MIT
#pragma once

#include "ipsetkv/error.h"

namespace ipsetkv::server {

/// Gives up every capability but CAP_NET_ADMIN, and becomes the user "nobody" where the process is
/// the superuser and may do so. Everything that needs more has to be open by then. Errors:
/// kSystemCall.
[[nodiscard]] Result<void> drop_privileges();

/// Lets the process have as many files open as it may.
void raise_file_limit();

}  // namespace ipsetkv::server
