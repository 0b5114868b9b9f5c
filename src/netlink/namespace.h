// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

#include "ipsetkv/error.h"

namespace ipsetkv::netlink {

/// Moves the calling thread into a network namespace while the object lives. A socket that is
/// opened meanwhile stays in that namespace.
class NamespaceVisit {
 public:
  /// `name` as made by `ip netns add` (ip-netns(8): a file in /run/netns). Needs CAP_SYS_ADMIN.
  /// Errors: kNamespaceMissing, kNotPermitted, kSystemCall.
  [[nodiscard]] static Result<NamespaceVisit> enter(std::string_view name);

  /// The namespace of a socket. Needs CAP_NET_ADMIN there and CAP_SYS_ADMIN, and
  /// Linux 4.9. Errors: kNamespaceDenied, kSystemCall.
  [[nodiscard]] static Result<NamespaceVisit> enter_that_of(int socket);

  NamespaceVisit(NamespaceVisit&& other) noexcept;
  NamespaceVisit& operator=(NamespaceVisit&& other) noexcept;
  NamespaceVisit(const NamespaceVisit&) = delete;
  NamespaceVisit& operator=(const NamespaceVisit&) = delete;
  /// Returns to the previous namespace.
  ~NamespaceVisit();

 private:
  /// Enters `target`, and closes it in any case.
  [[nodiscard]] static Result<NamespaceVisit> go(int target, std::string_view name);

  explicit NamespaceVisit(int home) : home_(home) {}
  int home_ = -1;
};

}  // namespace ipsetkv::netlink
