// SPDX-License-Identifier: MIT
#include "support/command.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>

namespace ipsetkv::tests {
namespace {

/// A file in memory for a program's standard stream. Unlike a pipe, it never fills up and needs no
/// reader.
int memory_file(std::string_view content) {
  const int file = memfd_create("ipsetkv-test", MFD_CLOEXEC);
  if (file >= 0 && write(file, content.data(), content.size()) >= 0) lseek(file, 0, SEEK_SET);
  return file;
}

std::string take_content(int file) {
  std::string content;
  std::array<char, 65536> part{};
  lseek(file, 0, SEEK_SET);
  for (;;) {
    const ssize_t length = read(file, part.data(), part.size());
    if (length <= 0) break;
    content.append(part.data(), static_cast<std::size_t>(length));
  }
  close(file);
  return content;
}

}  // namespace

CommandResult run(const std::vector<std::string>& command, std::string_view input) {
  std::vector<char*> words;
  for (const std::string& word : command) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);

  const int in = memory_file(input);
  const int out = memory_file({});
  const int err = memory_file({});
  const pid_t child = fork();
  if (child == 0) {
    dup2(in, STDIN_FILENO);
    dup2(out, STDOUT_FILENO);
    dup2(err, STDERR_FILENO);
    execvp(words[0], words.data());
    _exit(127);
  }
  CommandResult result;
  int status = 0;
  if (child > 0 && waitpid(child, &status, 0) == child)
    result.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  close(in);
  result.output = take_content(out);
  result.errors = take_content(err);
  return result;
}

}  // namespace ipsetkv::tests
