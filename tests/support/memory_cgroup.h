// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <memory>
#include <string>
#include <utility>

namespace ipsetkv::tests {

/// A memory cgroup in which the kernel refuses memory instead of killing for it: one of version 1,
/// whose killer can be turned off. Removed with this object.
class MemoryCgroup {
 public:
  /// Nothing where this machine has none of version 1, or does not let this user make one.
  [[nodiscard]] static std::unique_ptr<MemoryCgroup> make();
  MemoryCgroup(const MemoryCgroup&) = delete;
  MemoryCgroup& operator=(const MemoryCgroup&) = delete;
  ~MemoryCgroup();

  /// What its processes take from now on, the kernel's memory on their behalf included.
  [[nodiscard]] bool limit(std::size_t bytes);
  /// What the process has already is not counted.
  [[nodiscard]] bool take(pid_t process);

 private:
  explicit MemoryCgroup(std::string path) : path_(std::move(path)) {}
  [[nodiscard]] bool write(const std::string& file, std::size_t number) const;

  std::string path_;
};

}  // namespace ipsetkv::tests
