// SPDX-License-Identifier: MIT
#pragma once

#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <memory>
#include <new>

namespace ipsetkv::tests {

/// Runs `work` in a child process, which exits with the status that `work` returns, or is killed
/// when this process ends.
template <class Work>
[[nodiscard]] pid_t start_process(Work work) {
  const pid_t child = fork();
  if (child != 0) return child;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  _exit(work());
}

/// Waits for a child's end. Returns its exit status, or 128 plus the number of the signal that
/// ended it.
inline int wait_for(pid_t child) {
  int status = 0;
  if (child <= 0 || waitpid(child, &status, 0) != child) return -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/// A T in memory shared with child processes.
template <class T>
class Shared {
 public:
  Shared()
      : place_(
            mmap(nullptr, sizeof(T), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0)) {
    if (place_ == MAP_FAILED) throw std::bad_alloc();
    new (place_) T();
  }
  Shared(const Shared&) = delete;
  Shared& operator=(const Shared&) = delete;
  ~Shared() { munmap(place_, sizeof(T)); }

  T& operator*() const { return *static_cast<T*>(place_); }
  T* operator->() const { return static_cast<T*>(place_); }

 private:
  void* place_;
};

}  // namespace ipsetkv::tests
