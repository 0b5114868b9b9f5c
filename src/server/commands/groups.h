// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "server/exec/command.h"

namespace ipsetkv::server {

// The rows name flags and traits without their type.
using enum RedisFlag;
using enum Trait;

inline constexpr KeyWords kNoKeys{};
inline constexpr KeyWords kOneKey{1, 1, 1};
inline constexpr KeyWords kTwoKeys{1, 2, 1};
inline constexpr KeyWords kSecondWord{2, 2, 1};
inline constexpr KeyWords kEveryKey{1, -1, 1};
inline constexpr KeyWords kEveryOtherWord{1, -1, 2};

/// Puts the commands and their subcommands into `group`, except those that have one.
[[nodiscard]] std::vector<Command> in_group(std::string_view group, std::vector<Command> commands);
/// A command that only its subcommands execute.
[[nodiscard]] Command container(std::string_view name, std::string_view since,
                                std::string_view summary, std::vector<Command> subcommands,
                                CommandFlags flags = {});

/// A read of one key that joins batches in its plain form: the name and the key.
[[nodiscard]] Command batchable_read(Command command,
                                     void (*reply)(Reply& reply,
                                                   std::optional<std::string_view> value));
/// A write of one key that joins batches in its plain form: the name, the key and the value. The
/// reply is OK.
[[nodiscard]] Command batchable_write(Command command);

/// The commands of each file in this folder, in Redis' groups where those are short enough.
[[nodiscard]] std::vector<Command> connection_commands();
[[nodiscard]] std::vector<Command> client_commands();
[[nodiscard]] std::vector<Command> string_commands();
[[nodiscard]] std::vector<Command> string_list_commands();
[[nodiscard]] std::vector<Command> bit_commands();
[[nodiscard]] std::vector<Command> key_commands();
[[nodiscard]] std::vector<Command> keyspace_commands();
[[nodiscard]] std::vector<Command> expiry_commands();
[[nodiscard]] std::vector<Command> listing_commands();
[[nodiscard]] std::vector<Command> dump_commands();
[[nodiscard]] std::vector<Command> transaction_commands();
[[nodiscard]] std::vector<Command> message_commands();
[[nodiscard]] std::vector<Command> server_commands();
[[nodiscard]] std::vector<Command> scripting_commands();
[[nodiscard]] std::vector<Command> monitoring_commands();
[[nodiscard]] std::vector<Command> introspection_commands();

}  // namespace ipsetkv::server
