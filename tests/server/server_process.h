// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace ipsetkv::tests {

/// `ipsetkv serve` in this process' network namespace, at a unix socket of its own, from the
/// constructor to the destructor. Fails the test if it does not start, or does not end with
/// status 0.
class ServerProcess {
 public:
  explicit ServerProcess(std::vector<std::string> options);
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;
  ~ServerProcess();

  [[nodiscard]] const std::string& path() const { return path_; }

  /// Kills it with SIGKILL and starts it again at the same socket.
  void kill_and_start();

 private:
  void start();
  void end(int signal, int status);
  [[nodiscard]] bool answers() const;
  [[nodiscard]] std::string log() const;

  std::vector<std::string> options_;
  std::string folder_;
  std::string path_;
  pid_t process_ = -1;
};

}  // namespace ipsetkv::tests
