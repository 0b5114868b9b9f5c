// SPDX-License-Identifier: MIT
#pragma once

#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <optional>

#include "support/process.h"

namespace ipsetkv::tests {

/// A child process that stops before and after every system call. The destructor kills it.
class TracedProcess {
 public:
  /// Starts `work` in a child, which exits with the status that `work` returns.
  template <class Work>
  explicit TracedProcess(Work work)
      : child_(start_process([&work] {
          if (ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) != 0 || raise(SIGSTOP) != 0) return 126;
          return work();
        })) {
    int status = 0;
    waitpid(child_, &status, 0);
    alive_ = WIFSTOPPED(status) && ptrace(PTRACE_SETOPTIONS, child_, nullptr,
                                          PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL) == 0;
  }
  TracedProcess(const TracedProcess&) = delete;
  TracedProcess& operator=(const TracedProcess&) = delete;
  ~TracedProcess() {
    if (!alive_) return;
    ::kill(child_, SIGKILL);
    waitpid(child_, nullptr, 0);
  }

  struct Stop {
    bool is_entry = false;
    std::uint64_t call = 0;  ///< The number of the system call, at its entry.
  };

  /// Continues to the next stop. Empty if the child has ended; `status()` is then valid.
  std::optional<Stop> next() {
    while (alive_) {
      int status = 0;
      if (ptrace(PTRACE_SYSCALL, child_, nullptr, nullptr) != 0 ||
          waitpid(child_, &status, 0) != child_)
        return std::nullopt;
      if (!WIFSTOPPED(status)) {
        alive_ = false;
        status_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
        return std::nullopt;
      }
      if (WSTOPSIG(status) != (SIGTRAP | 0x80)) continue;
      __ptrace_syscall_info info{};
      if (ptrace(PTRACE_GET_SYSCALL_INFO, child_, sizeof info, &info) <= 0) return std::nullopt;
      return Stop{.is_entry = info.op == PTRACE_SYSCALL_INFO_ENTRY, .call = info.entry.nr};
    }
    return std::nullopt;
  }

  /// The child's exit status, or 128 plus the number of the signal that ended it; -1 while it runs.
  [[nodiscard]] int status() const { return status_; }

 private:
  pid_t child_;
  bool alive_ = false;
  int status_ = -1;
};

}  // namespace ipsetkv::tests
