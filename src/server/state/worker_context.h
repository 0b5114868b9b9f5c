// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "server/data/database.h"
#include "server/state/server_state.h"

namespace ipsetkv::server {

/// What one worker thread provides to the commands that it executes.
struct WorkerContext {
  ServerState& server;
  Database& database;
  unsigned number = 0;  ///< The worker's, in ServerState::mailboxes.
  std::string value;    ///< For values of any client's keys; its memory is reused.
};

}  // namespace ipsetkv::server
