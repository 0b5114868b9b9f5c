// SPDX-License-Identifier: MIT
#pragma once

#include <set>
#include <string>

#include "server/data/database.h"

namespace ipsetkv::server {

struct ServerState;

/// The text of INFO: the named sections, or the default ones if there are none. "all" and
/// "everything" stand for all of them. Errors: those of counting the keys.
[[nodiscard]] Result<std::string> information(ServerState& server, Database& database,
                                              const std::set<std::string>& sections);

}  // namespace ipsetkv::server
