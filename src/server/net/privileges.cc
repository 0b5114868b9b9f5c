// SPDX-License-Identifier: MIT
#include "server/net/privileges.h"

#include <cap-ng.h>
#include <grp.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace ipsetkv::server {
namespace {

tl::unexpected<Error> failure() {
  return tl::unexpected(
      Error{.code = ErrorCode::kSystemCall, .step = Step::kDropPrivileges, .kernel_code = errno});
}

/// Whether the process is the superuser and may change its user.
bool may_change_user() {
  return geteuid() == 0 && capng_have_capability(CAPNG_EFFECTIVE, CAP_SETUID) != 0 &&
         capng_have_capability(CAPNG_EFFECTIVE, CAP_SETGID) != 0;
}

/// If the user namespace has no such user (EINVAL), or allows no change of groups because an
/// ordinary user made it (EPERM in spite of the capability), the process stays that namespace's
/// superuser, which has no rights outside of it. Any other failure is returned.
bool become(const passwd& user) {
  if (setgroups(0, nullptr) != 0) return errno == EPERM;
  if (setresgid(user.pw_gid, user.pw_gid, user.pw_gid) != 0) return errno == EINVAL;
  if (setresuid(user.pw_uid, user.pw_uid, user.pw_uid) != 0) return errno == EINVAL;
  return true;
}

Result<void> become_nobody() {
  passwd nobody{};
  passwd* found = nullptr;
  std::array<char, 4096> text{};
  if (!may_change_user() || getpwnam_r("nobody", &nobody, text.data(), text.size(), &found) != 0 ||
      found == nullptr)
    return {};
  if (prctl(PR_SET_KEEPCAPS, 1) != 0 || !become(nobody)) return failure();
  prctl(PR_SET_KEEPCAPS, 0);
  return {};
}

}  // namespace

Result<void> drop_privileges() {
  // For programs that this process starts too; needs CAP_SETPCAP.
  if (capng_have_capability(CAPNG_EFFECTIVE, CAP_SETPCAP) != 0) {
    capng_clear(CAPNG_SELECT_BOUNDS);
    capng_apply(CAPNG_SELECT_BOUNDS);
  }
  if (auto changed = become_nobody(); !changed) return changed;
  capng_clear(CAPNG_SELECT_CAPS);
  constexpr auto kKept = static_cast<capng_type_t>(CAPNG_EFFECTIVE | CAPNG_PERMITTED);
  if (capng_update(CAPNG_ADD, kKept, CAP_NET_ADMIN) != 0) return failure();
  if (capng_apply(CAPNG_SELECT_CAPS) != 0) return failure();
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return failure();
  return {};
}

void raise_file_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace ipsetkv::server
