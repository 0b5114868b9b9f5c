// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "ipsetkv/error.h"

namespace ipsetkv::server {

/// The first line of the file, which nobody but its owner may read. A name without a slash is first
/// looked up among the service's credentials (systemd.exec(5), LoadCredential=). Errors:
/// kSystemCall; kPasswordFile if it is empty or readable for others.
[[nodiscard]] Result<std::string> read_password(const std::string& file);

}  // namespace ipsetkv::server
