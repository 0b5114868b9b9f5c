// SPDX-License-Identifier: MIT
#include "server/server_process.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string_view>
#include <thread>
#include <utility>

#include "support/process.h"

namespace ipsetkv::tests {

ServerProcess::ServerProcess(std::vector<std::string> options)
    : options_(std::move(options)),
      folder_(std::filesystem::temp_directory_path() / "ipsetkv-server-XXXXXX") {
  if (mkdtemp(folder_.data()) == nullptr) throw std::filesystem::filesystem_error(folder_, {});
  // The server is another user by the time that it removes its socket.
  chmod(folder_.c_str(), 0777);
  path_ = folder_ + "/socket";
  start();
}

ServerProcess::~ServerProcess() {
  end(SIGTERM, 0);
  std::filesystem::remove_all(folder_);
}

void ServerProcess::kill_and_start() {
  end(SIGKILL, 128 + SIGKILL);
  start();
}

void ServerProcess::end(int signal, int status) {
  // A number below 1 means many processes.
  if (process_ < 1) return;
  kill(process_, signal);
  EXPECT_EQ(wait_for(process_), status) << log();
  process_ = -1;
}

void ServerProcess::start() {
  std::vector<std::string> command{IPSETKV_TOOL, "serve", "--unix", path_};
  command.insert(command.end(), options_.begin(), options_.end());
  std::vector<char*> words;
  for (std::string& word : command) words.push_back(word.data());
  words.push_back(nullptr);
  process_ = start_process([&] {
    const int file =
        open((folder_ + "/log").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    dup2(file, STDOUT_FILENO);
    dup2(file, STDERR_FILENO);
    execv(words[0], words.data());
    return 127;
  });
  const auto latest = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (!answers()) {
    siginfo_t ended{};
    waitid(P_PID, static_cast<id_t>(process_), &ended, WEXITED | WNOHANG | WNOWAIT);
    ASSERT_TRUE(ended.si_pid == 0 && std::chrono::steady_clock::now() < latest)
        << "the server did not start: " << log();
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
}

bool ServerProcess::answers() const {
  sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
  path_.copy(address.sun_path, sizeof address.sun_path - 1);
  const int connection = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  std::array<char, 8> answer{};
  constexpr std::string_view kRequest = "PING\r\n";
  const bool good =
      connect(connection, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 &&
      send(connection, kRequest.data(), kRequest.size(), MSG_NOSIGNAL) > 0 &&
      recv(connection, answer.data(), 7, MSG_WAITALL) == 7 &&
      std::string_view(answer.data()) == "+PONG\r\n";
  close(connection);
  return good;
}

std::string ServerProcess::log() const {
  std::ifstream file(folder_ + "/log");
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

}  // namespace ipsetkv::tests
