// SPDX-License-Identifier: MIT
#pragma once

#include <functional>

#include "ipset/connection.h"
#include "ipset/fixed_text.h"
#include "ipsetkv/error.h"

namespace ipsetkv::ipset {

/// Calls `visit` with the name of each set of the namespace, in the order of the kernel's table.
/// `visit` must not use the connection: the listing occupies it until the call returns. A set that
/// exists throughout is visited exactly once; one that is destroyed and created again meanwhile may
/// be visited twice. Errors: those of Connection::list.
[[nodiscard]] Result<void> for_each_name(Connection& connection,
                                         const std::function<void(const SetName& name)>& visit);

}  // namespace ipsetkv::ipset
