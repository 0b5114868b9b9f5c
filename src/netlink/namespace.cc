// SPDX-License-Identifier: MIT
#include "netlink/namespace.h"

#include <fcntl.h>
#include <linux/sockios.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <utility>

namespace ipsetkv::netlink {
namespace {

constexpr std::string_view kFolder = "/run/netns/";

/// Whether it is a valid name of a file in the folder.
bool can_be_name(std::string_view name) {
  constexpr std::string_view kNever("/\0", 2);
  return !name.empty() && name != "." && name != ".." &&
         name.find_first_of(kNever) == std::string_view::npos;
}

Error failure(std::string_view name) {
  const Error error{.code = errno == EPERM || errno == EACCES ? ErrorCode::kNamespaceDenied
                                                              : ErrorCode::kSystemCall,
                    .step = Step::kEnterNamespace,
                    .kernel_code = errno};
  return error.about(name);
}

}  // namespace

Result<NamespaceVisit> NamespaceVisit::enter(std::string_view name) {
  const Error missing =
      Error{.code = ErrorCode::kNamespaceMissing, .step = Step::kEnterNamespace}.about(name);
  if (!can_be_name(name)) return tl::unexpected(missing);

  const int target = open(std::string(kFolder).append(name).c_str(), O_RDONLY | O_CLOEXEC);
  if (target < 0) return tl::unexpected(errno == ENOENT ? missing : failure(name));
  return go(target, name);
}

Result<NamespaceVisit> NamespaceVisit::enter_that_of(int socket) {
  const int target = ioctl(socket, SIOCGSKNS);
  if (target < 0) return tl::unexpected(failure({}));
  return go(target, {});
}

Result<NamespaceVisit> NamespaceVisit::go(int target, std::string_view name) {
  const int home = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
  if (home < 0 || setns(target, CLONE_NEWNET) != 0) {
    const Error error = failure(name);
    close(target);
    if (home >= 0) close(home);
    return tl::unexpected(error);
  }
  close(target);
  return NamespaceVisit(home);
}

NamespaceVisit::NamespaceVisit(NamespaceVisit&& other) noexcept
    : home_(std::exchange(other.home_, -1)) {}

NamespaceVisit& NamespaceVisit::operator=(NamespaceVisit&& other) noexcept {
  std::swap(home_, other.home_);
  return *this;
}

NamespaceVisit::~NamespaceVisit() {
  if (home_ < 0) return;
  // Cannot be handled here, and should not fail: the thread was in this namespace before.
  (void)setns(home_, CLONE_NEWNET);
  close(home_);
}

}  // namespace ipsetkv::netlink
