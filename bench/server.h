// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <memory>
#include <string>
#include <vector>

#include "folder.h"

namespace ipsetkv::bench {

/// A server that this process has started and ends: by its process id, and by the kernel if this
/// process dies before. It listens on a unix socket in a folder of its own, and nowhere else.
class Server {
 public:
  /// The command, in which "SOCKET" and "FOLDER" stand for those paths, once it takes connections;
  /// nothing if it does not within some seconds.
  [[nodiscard]] static std::unique_ptr<Server> start(std::vector<std::string> command);

  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  [[nodiscard]] const std::string& socket() const { return socket_; }
  /// Bytes of memory of its own.
  [[nodiscard]] double resident() const;

 private:
  Server();
  [[nodiscard]] bool listens() const;

  Folder folder_;
  std::string socket_;
  pid_t process_ = -1;
};

}  // namespace ipsetkv::bench
