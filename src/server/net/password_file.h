// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "ipsetkv/error.h"

namespace ipsetkv::server {

/// The first line of the file, which others than its owner must not be able to read. A name without
/// a slash is looked for among the service's credentials (systemd.exec(5), LoadCredential=) first.
/// Errors: kSystemCall; kPasswordFile where it is empty or open to others.
[[nodiscard]] Result<std::string> read_password(const std::string& file);

}  // namespace ipsetkv::server
