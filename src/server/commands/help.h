// SPDX-License-Identifier: MIT
#pragma once

#include <initializer_list>
#include <string_view>

#include "server/exec/call.h"

namespace ipsetkv::server {

/// Replies to a HELP subcommand; `lines` describe the other subcommands.
void reply_help(Call& call, std::string_view command,
                std::initializer_list<std::string_view> lines);

}  // namespace ipsetkv::server
