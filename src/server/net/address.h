// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/state/serve_options.h"

namespace ipsetkv::server {

/// Where a client is, and the end that it is connected to, as CLIENT LIST says it: "10.0.0.1:5000",
/// or twice "PATH:0" for a unix socket, whose clients have no place of their own.
[[nodiscard]] std::pair<std::string, std::string> addresses_of(int descriptor);

/// Puts into `options` where sockets listen that somebody else has made.
void note_addresses(const std::vector<int>& listeners, ServeOptions& options);

/// Whether a client has come by TCP from another machine.
[[nodiscard]] bool comes_from_outside(int descriptor);

/// What such a client is told where there is no password (Redis' protected mode).
extern const std::string_view kProtectedModeText;

}  // namespace ipsetkv::server
