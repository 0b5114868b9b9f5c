// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "server/serve.h"

namespace ipsetkv::server {

/// Where a client is, and the end that it is connected to, as CLIENT LIST says it: "10.0.0.1:5000",
/// or "PATH:0" for the unix socket.
[[nodiscard]] std::pair<std::string, std::string> addresses_of(int descriptor,
                                                               const ServeOptions& options);

/// Whether a client has come by TCP from another machine.
[[nodiscard]] bool comes_from_outside(int descriptor);

/// What such a client is told where there is no password (Redis' protected mode).
extern const std::string_view kProtectedModeText;

}  // namespace ipsetkv::server
