// SPDX-License-Identifier: MIT
#pragma once

#include <initializer_list>
#include <string_view>

#include "server/exec/call.h"

namespace ipsetkv::server {

/// The reply to a HELP subcommand, of which `lines` are the middle part.
void reply_help(Call& call, std::string_view command,
                std::initializer_list<std::string_view> lines);

}  // namespace ipsetkv::server
