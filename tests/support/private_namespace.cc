// SPDX-License-Identifier: MIT
#include "support/private_namespace.h"

#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

namespace ipsetkv::tests {
namespace {

bool write_file(const char* path, const std::string& text) {
  const int file = open(path, O_WRONLY | O_CLOEXEC);
  if (file < 0) return false;
  const bool good = write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  close(file);
  return good;
}

/// Becomes root in a user namespace, so that programs started by this process may use IP sets.
bool enter_user_namespace() {
  const std::string user = std::to_string(geteuid());
  const std::string group = std::to_string(getegid());
  return unshare(CLONE_NEWUSER) == 0 && write_file("/proc/self/setgroups", "deny") &&
         write_file("/proc/self/uid_map", "0 " + user + " 1") &&
         write_file("/proc/self/gid_map", "0 " + group + " 1");
}

}  // namespace

void enter_private_namespace() {
  if (unshare(CLONE_NEWNET) == 0) return;
  if (errno == EPERM && enter_user_namespace() && unshare(CLONE_NEWNET) == 0) return;
  FAIL() << "no private network namespace: " << std::strerror(errno)
         << "; run the tests as root, or allow user namespaces (kernel.unprivileged_userns_clone)";
}

}  // namespace ipsetkv::tests
