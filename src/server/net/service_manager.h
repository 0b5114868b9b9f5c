// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>
#include <vector>

namespace ipsetkv::server {

/// Notifies the service manager with datagrams to the socket in NOTIFY_SOCKET (sd_notify(3)).
/// Linking libsystemd for that would slow down every start of the tool.
class ServiceManager {
 public:
  /// Connects if there is a service manager. Requires: privileges are not dropped yet.
  ServiceManager();
  ServiceManager(const ServiceManager&) = delete;
  ServiceManager& operator=(const ServiceManager&) = delete;
  ~ServiceManager();

  /// Sends a state such as "READY=1". Failures are ignored.
  void notify(std::string_view state) const;

 private:
  int socket_ = -1;
};

/// The sockets that the service manager has opened for this process (sd_listen_fds(3)), if any.
/// Sets close-on-exec for them.
[[nodiscard]] std::vector<int> inherited_sockets();

}  // namespace ipsetkv::server
