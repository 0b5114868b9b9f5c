// SPDX-License-Identifier: MIT
#pragma once

#include <string>

namespace ipsetkv::bench {

/// Mounts a tmpfs that only this process and its children see. It disappears with the last of them,
/// even if they are killed. False, with errno set, if that is not allowed. Requires: a single
/// thread, and enter_private_namespace() before.
[[nodiscard]] bool mount_private_memory();

/// A folder in that tmpfs. The destructor removes it with its content.
class Folder {
 public:
  Folder();
  ~Folder();
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  /// Empty if the folder could not be created.
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace ipsetkv::bench
