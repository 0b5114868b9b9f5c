// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "ipsetkv/error.h"
#include "server/state/serve_options.h"

namespace ipsetkv::server {

/// The default unix socket: in RUNTIME_DIRECTORY (a service), for users other than the superuser in
/// XDG_RUNTIME_DIR, otherwise in /run.
[[nodiscard]] std::string default_unix_path();

/// Serves Redis clients until SIGTERM, SIGINT or the command SHUTDOWN. Uses the sockets that the
/// service manager has opened (sd_listen_fds(3)) instead of opening its own. Logs to standard error
/// and notifies the service manager when ready. Errors: those of Store::open; kSystemCall,
/// kPasswordFile.
[[nodiscard]] Result<void> serve(const ServeOptions& options);

}  // namespace ipsetkv::server
