// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <memory>
#include <string>
#include <utility>

namespace ipsetkv::tests {

/// A memory cgroup in which the kernel refuses allocations instead of killing a process. It is of
/// cgroup version 1, whose OOM killer can be turned off. The destructor removes it.
class MemoryCgroup {
 public:
  /// Null if this machine has no version 1 memory cgroups, or this user may not make one.
  [[nodiscard]] static std::unique_ptr<MemoryCgroup> make();
  MemoryCgroup(const MemoryCgroup&) = delete;
  MemoryCgroup& operator=(const MemoryCgroup&) = delete;
  ~MemoryCgroup();

  /// Limits the memory of its processes, including what the kernel allocates on their behalf.
  [[nodiscard]] bool limit(std::size_t bytes);
  /// Moves the process into the cgroup. Memory that it has already is not counted.
  [[nodiscard]] bool take(pid_t process);

 private:
  explicit MemoryCgroup(std::string path) : path_(std::move(path)) {}
  [[nodiscard]] bool write(const std::string& file, std::size_t number) const;

  std::string path_;
};

}  // namespace ipsetkv::tests
