// SPDX-License-Identifier: MIT
#include "server/privileges.h"

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

/// Where the user namespace has only the superuser, this one stays.
void become_nobody() {
  passwd nobody{};
  passwd* found = nullptr;
  std::array<char, 4096> text{};
  if (geteuid() != 0 || getpwnam_r("nobody", &nobody, text.data(), text.size(), &found) != 0 ||
      found == nullptr)
    return;
  prctl(PR_SET_KEEPCAPS, 1);
  if (setgroups(0, nullptr) == 0 && setresgid(nobody.pw_gid, nobody.pw_gid, nobody.pw_gid) == 0)
    (void)!setresuid(nobody.pw_uid, nobody.pw_uid, nobody.pw_uid);
  prctl(PR_SET_KEEPCAPS, 0);
}

}  // namespace

Result<void> drop_privileges() {
  // What no program may ever have again that this process starts; needs CAP_SETPCAP.
  if (capng_have_capability(CAPNG_EFFECTIVE, CAP_SETPCAP) != 0) {
    capng_clear(CAPNG_SELECT_BOUNDS);
    capng_apply(CAPNG_SELECT_BOUNDS);
  }
  become_nobody();
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
