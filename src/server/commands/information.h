// SPDX-License-Identifier: MIT
#pragma once

#include <set>
#include <string>

#include "ipsetkv/store.h"

namespace ipsetkv::server {

class Server;

/// The text of INFO: the named sections, or those that it has by default where there are none.
/// "all" and "everything" stand for all of them.
[[nodiscard]] Result<std::string> information(Server& server, Store& store,
                                              const std::set<std::string>& sections);

}  // namespace ipsetkv::server
