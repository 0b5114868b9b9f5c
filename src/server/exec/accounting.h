// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstddef>
#include <string_view>

#include "ipsetkv/error.h"
#include "server/exec/command.h"
#include "server/protocol/reply.h"
#include "server/state/server_state.h"

namespace ipsetkv::server {

// What is counted and logged of every command, whether it was executed alone or in a batch.

/// Counts `calls` of a command that took `took` together.
void count_calls(ServerState& server, const Command& command, std::size_t calls,
                 std::chrono::nanoseconds took);
/// Notes a conversation with the kernel that took at least CONFIG's latency-monitor-threshold.
void note_latency(ServerState& server, std::chrono::nanoseconds took);
/// Adds a request that took at least CONFIG's slowlog-log-slower-than to the slow log.
void log_if_slow(ServerState& server, const Command& command, const Client& client, Words words,
                 std::chrono::nanoseconds took);
/// Counts a hit or a miss.
void count_read(ServerState& server, bool there);

/// Writes an error reply and counts it by its code.
void reply_error(ServerState& server, Reply& reply, std::string_view text);
/// The same for an error of the database.
void reply_failure(ServerState& server, Reply& reply, const Error& error);

}  // namespace ipsetkv::server
