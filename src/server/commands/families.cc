// SPDX-License-Identifier: MIT

// The list of all families of commands.

#include <utility>

#include "server/commands/groups.h"

namespace ipsetkv::server {

std::vector<Command> make_commands() {
  std::vector<Command> commands;
  for (auto* const family :
       {connection_commands, client_commands, string_commands, string_list_commands, bit_commands,
        key_commands, keyspace_commands, expiry_commands, listing_commands, dump_commands,
        transaction_commands, message_commands, server_commands, scripting_commands,
        monitoring_commands, introspection_commands})
    for (Command& command : family()) commands.push_back(std::move(command));
  return commands;
}

}  // namespace ipsetkv::server
