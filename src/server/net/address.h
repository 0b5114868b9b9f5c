// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/state/serve_options.h"

namespace ipsetkv::server {

/// The addresses of a client and of the server's end as in CLIENT LIST: "10.0.0.1:5000", or
/// twice "PATH:0" for a unix socket, whose clients have no address of their own.
[[nodiscard]] std::pair<std::string, std::string> addresses_of(int descriptor);

/// Puts the addresses of inherited listening sockets into `options`.
void note_addresses(const std::vector<int>& listeners, ServeOptions& options);

/// Whether a client is connected by TCP from another machine.
[[nodiscard]] bool comes_from_outside(int descriptor);

/// The error for such a client if there is no password (Redis' protected mode).
extern const std::string_view kProtectedModeText;

}  // namespace ipsetkv::server
