// SPDX-License-Identifier: MIT
#pragma once

namespace ipsetkv::bench {

/// Moves this process into a new, empty network namespace: as root at once, as an ordinary user
/// through a user namespace. False, with errno, where neither is allowed. Requires: one thread.
[[nodiscard]] bool enter_private_namespace();

}  // namespace ipsetkv::bench
