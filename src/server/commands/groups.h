// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "server/command.h"

namespace ipsetkv::server {

/// The commands of each file in this folder, in Redis' groups where those are short enough.
[[nodiscard]] std::vector<Command> connection_commands();
[[nodiscard]] std::vector<Command> string_commands();
[[nodiscard]] std::vector<Command> bit_commands();
[[nodiscard]] std::vector<Command> key_commands();
[[nodiscard]] std::vector<Command> expiry_commands();
[[nodiscard]] std::vector<Command> listing_commands();
[[nodiscard]] std::vector<Command> dump_commands();
[[nodiscard]] std::vector<Command> transaction_commands();
[[nodiscard]] std::vector<Command> message_commands();
[[nodiscard]] std::vector<Command> server_commands();
[[nodiscard]] std::vector<Command> monitoring_commands();
[[nodiscard]] std::vector<Command> introspection_commands();

}  // namespace ipsetkv::server
