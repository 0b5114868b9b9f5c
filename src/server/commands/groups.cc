// SPDX-License-Identifier: MIT
#include "server/commands/groups.h"

#include <utility>

namespace ipsetkv::server {

std::vector<Command> in_group(std::string_view group, std::vector<Command> commands) {
  for (Command& command : commands) {
    if (command.group.empty()) command.group = group;
    command.subcommands = in_group(group, std::move(command.subcommands));
  }
  return commands;
}

Command container(std::string_view name, std::string_view since, std::string_view summary,
                  std::vector<Command> subcommands, CommandFlags flags) {
  return {.name = name,
          .arity = -2,
          .flags = flags,
          .keys = kNoKeys,
          .handler = nullptr,
          .since = since,
          .summary = summary,
          .subcommands = std::move(subcommands)};
}

Command batchable_read(Command command,
                       void (*reply)(Reply& reply, std::optional<std::string_view> value)) {
  command.batch = {.kind = BatchForm::Kind::kRead, .words = 2, .reply = reply};
  return command;
}

Command batchable_write(Command command) {
  command.batch = {.kind = BatchForm::Kind::kWrite,
                   .words = 3,
                   .reply = [](Reply& reply, std::optional<std::string_view>) { reply.ok(); }};
  return command;
}

}  // namespace ipsetkv::server
