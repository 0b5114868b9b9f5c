// SPDX-License-Identifier: MIT
#include "server.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <thread>

namespace ipsetkv::bench {
namespace {

using namespace std::chrono_literals;

/// Executes the server in this process. Never returns.
[[noreturn]] void become(const std::vector<std::string>& command, pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(127);
  const int nothing = open("/dev/null", O_RDWR);
  dup2(nothing, STDIN_FILENO);
  dup2(nothing, STDOUT_FILENO);
  std::vector<char*> words;
  for (const std::string& word : command) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  execvp(words[0], words.data());
  std::perror(words[0]);
  _exit(127);
}

void replace(std::string& word, const std::string& name, const std::string& path) {
  const std::size_t place = word.find(name);
  if (place != std::string::npos) word.replace(place, name.size(), path);
}

}  // namespace

Server::Server() : socket_(folder_.path() + "/socket") {}

std::unique_ptr<Server> Server::start(std::vector<std::string> command) {
  std::unique_ptr<Server> server(new Server());
  if (server->folder_.path().empty()) return nullptr;
  for (std::string& word : command) {
    replace(word, "SOCKET", server->socket_);
    replace(word, "FOLDER", server->folder_.path());
  }
  const pid_t parent = getpid();
  server->process_ = fork();
  if (server->process_ == 0) become(command, parent);
  for (int tries = 0; server->process_ > 0 && tries < 2500; ++tries) {
    if (server->listens()) return server;
    if (waitpid(server->process_, nullptr, WNOHANG) == 0) {
      std::this_thread::sleep_for(2ms);
      continue;
    }
    server->process_ = -1;  // Already reaped, so the destructor must not kill that id.
  }
  std::fprintf(stderr, "%s: the server does not start\n", command[0].c_str());
  return nullptr;
}

Server::~Server() {
  // The process id is not reused before waitpid(2).
  if (process_ <= 0) return;
  kill(process_, SIGKILL);
  (void)waitpid(process_, nullptr, 0);
}

bool Server::listens() const {
  sockaddr_un address{.sun_family = AF_UNIX};
  if (socket_.size() >= sizeof address.sun_path) return false;
  std::memcpy(address.sun_path, socket_.c_str(), socket_.size() + 1);
  const int descriptor = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const bool connected =
      connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  close(descriptor);
  return connected;
}

double Server::resident() const {
  std::ifstream status("/proc/" + std::to_string(process_) + "/status");
  for (std::string name; status >> name;) {
    double kilobytes = 0;
    if (name == "RssAnon:" && status >> kilobytes) return kilobytes * 1024;
  }
  return 0;
}

}  // namespace ipsetkv::bench
