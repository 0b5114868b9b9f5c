// SPDX-License-Identifier: MIT
#pragma once

#include "server/protocol/words.h"
#include "server/state/client.h"
#include "server/state/server_state.h"

namespace ipsetkv::server {

/// Sends a request of `client` to every client that monitors, in the form of Redis' MONITOR. From
/// the thread of worker `from`.
void show_to_monitors(const ServerState& server, unsigned from, const Client& client, Words words);

}  // namespace ipsetkv::server
