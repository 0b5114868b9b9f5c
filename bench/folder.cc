// SPDX-License-Identifier: MIT
#include "folder.h"

#include <sched.h>
#include <sys/mount.h>

#include <cstdlib>
#include <filesystem>
#include <system_error>

namespace ipsetkv::bench {
namespace {

// Exists on every system, and no contestant uses it.
constexpr const char* kMemory = "/dev/shm";

}  // namespace

bool mount_private_memory() {
  return unshare(CLONE_NEWNS) == 0 &&
         mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
         mount("bench", kMemory, "tmpfs", MS_NOSUID | MS_NODEV, "mode=700") == 0;
}

Folder::Folder() : path_(kMemory) {
  path_ += "/bench-XXXXXX";
  if (mkdtemp(path_.data()) == nullptr) path_.clear();
}

Folder::~Folder() {
  std::error_code ignored;
  if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
}

}  // namespace ipsetkv::bench
