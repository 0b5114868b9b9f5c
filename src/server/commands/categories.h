// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "server/exec/command.h"

namespace ipsetkv::server {

/// The categories of ACL CAT that a command is in.
[[nodiscard]] std::vector<std::string> categories_of(const Command& command);

}  // namespace ipsetkv::server
