// SPDX-License-Identifier: MIT
#pragma once

#include <string>

namespace ipsetkv::bench {

/// Gives this process, and those that it starts, a tmpfs of their own, which is gone with the last
/// of them, however they end. False, with errno, where that is not allowed. Requires: one thread,
/// and what enter_private_namespace() gives.
[[nodiscard]] bool mount_private_memory();

/// An empty folder in that tmpfs, removed with all that is in it.
class Folder {
 public:
  Folder();
  ~Folder();
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  /// Empty if it could not be made.
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace ipsetkv::bench
