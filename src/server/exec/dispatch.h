// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>

#include "server/exec/attempt.h"
#include "server/exec/call.h"
#include "server/exec/command.h"
#include "server/state/client.h"
#include "server/state/worker_context.h"

namespace ipsetkv::server {

enum class Outcome : std::uint8_t {
  kDone,
  kMustWait,  ///< Nothing has happened: the same request is to be dispatched again later.
};

/// Runs one client request: queues it (MULTI), rejects it, or executes it. Appends the reply to
/// `out`. `command` is that of the first word, null if there is none.
[[nodiscard]] Outcome dispatch(WorkerContext& context, Client& client, const Command* command,
                               Words words, std::string& out, Attempt& attempt);

/// Executes a command, and counts and times it. If `call.must_wait()` then, it is not counted.
void execute(Call& call);

/// Whether a request has to wait for the end of a pause.
[[nodiscard]] bool is_paused(const ServerState& server, const Client& client,
                             const Command* command);

}  // namespace ipsetkv::server
