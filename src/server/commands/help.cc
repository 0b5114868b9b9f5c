// SPDX-License-Identifier: MIT
#include "server/commands/help.h"

#include <string>

namespace ipsetkv::server {

void reply_help(Call& call, std::string_view command,
                std::initializer_list<std::string_view> lines) {
  call.reply.array(lines.size() + 3);
  call.reply.simple(std::string(command) +
                    " <subcommand> [<arg> [value] [opt] ...]. Subcommands are:");
  for (const std::string_view line : lines) call.reply.simple(line);
  call.reply.simple("HELP");
  call.reply.simple("    Prints this help.");
}

}  // namespace ipsetkv::server
