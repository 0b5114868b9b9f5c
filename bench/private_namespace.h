// SPDX-License-Identifier: MIT
#pragma once

namespace ipsetkv::bench {

/// Moves this process into a new, empty network namespace: as root directly, as an ordinary user
/// through a user namespace. False, with errno set, if neither is allowed. Requires: a single
/// thread.
[[nodiscard]] bool enter_private_namespace();

}  // namespace ipsetkv::bench
