// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>
#include <vector>

namespace ipsetkv::server {

/// Tells the service manager something, such as "READY=1"; does nothing where there is none. The
/// protocol is a datagram to the socket in NOTIFY_SOCKET (sd_notify(3)), less than what linking
/// libsystemd would cost every start of the tool.
void notify_service_manager(std::string_view state);

/// The sockets that the service manager has opened for this process (sd_listen_fds(3)); none where
/// it has not. The process' children do not get them.
[[nodiscard]] std::vector<int> inherited_sockets();

}  // namespace ipsetkv::server
