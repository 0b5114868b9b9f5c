// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>
#include <vector>

namespace ipsetkv::server {

/// A way to the service manager. The protocol is a datagram to the socket in NOTIFY_SOCKET
/// (sd_notify(3)); linking libsystemd for it would cost every start of the tool.
class ServiceManager {
 public:
  /// Connects while the process still has the rights to, if there is a service manager.
  ServiceManager();
  ServiceManager(const ServiceManager&) = delete;
  ServiceManager& operator=(const ServiceManager&) = delete;
  ~ServiceManager();

  /// Tells it something, such as "READY=1"; nothing can be done where that fails.
  void notify(std::string_view state) const;

 private:
  int socket_ = -1;
};

/// The sockets that the service manager has opened for this process (sd_listen_fds(3)); none where
/// it has not. The process' children do not get them.
[[nodiscard]] std::vector<int> inherited_sockets();

}  // namespace ipsetkv::server
