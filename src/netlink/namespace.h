// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

#include "ipsetkv/error.h"

namespace ipsetkv::netlink {

/// Moves the calling thread into a network namespace for as long as the object lives. A socket
/// opened meanwhile stays there for good.
class NamespaceVisit {
 public:
  /// `name` as made by `ip netns add` (ip-netns(8): a file in /run/netns). Needs CAP_SYS_ADMIN.
  /// Errors: kNamespaceMissing, kNotPermitted, kSystemCall.
  [[nodiscard]] static Result<NamespaceVisit> enter(std::string_view name);

  /// The namespace to which a socket belongs. Needs CAP_NET_ADMIN there and CAP_SYS_ADMIN, and
  /// Linux 4.9. Errors: kNamespaceDenied, kSystemCall.
  [[nodiscard]] static Result<NamespaceVisit> enter_that_of(int socket);

  NamespaceVisit(NamespaceVisit&& other) noexcept;
  NamespaceVisit& operator=(NamespaceVisit&& other) noexcept;
  NamespaceVisit(const NamespaceVisit&) = delete;
  NamespaceVisit& operator=(const NamespaceVisit&) = delete;
  /// Goes back to the namespace of before.
  ~NamespaceVisit();

 private:
  /// Goes to `target`, which is closed in any case.
  [[nodiscard]] static Result<NamespaceVisit> go(int target, std::string_view name);

  explicit NamespaceVisit(int home) : home_(home) {}
  int home_ = -1;
};

}  // namespace ipsetkv::netlink
