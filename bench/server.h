// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <memory>
#include <string>
#include <vector>

#include "folder.h"

namespace ipsetkv::bench {

/// A child process that listens on a unix socket in a folder of its own, and nowhere else. The
/// destructor ends it; if this process dies before, the kernel does.
class Server {
 public:
  /// Runs the command, with "SOCKET" and "FOLDER" replaced by those paths, and waits until it
  /// accepts connections. Null if it does not within some seconds.
  [[nodiscard]] static std::unique_ptr<Server> start(std::vector<std::string> command);

  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  [[nodiscard]] const std::string& socket() const { return socket_; }
  /// The anonymous memory of the process in bytes.
  [[nodiscard]] double resident() const;

 private:
  Server();
  [[nodiscard]] bool listens() const;

  Folder folder_;
  std::string socket_;
  pid_t process_ = -1;
};

}  // namespace ipsetkv::bench
