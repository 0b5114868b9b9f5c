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

  NamespaceVisit(NamespaceVisit&& other) noexcept;
  NamespaceVisit& operator=(NamespaceVisit&& other) noexcept;
  NamespaceVisit(const NamespaceVisit&) = delete;
  NamespaceVisit& operator=(const NamespaceVisit&) = delete;
  /// Goes back to the namespace of before.
  ~NamespaceVisit();

 private:
  explicit NamespaceVisit(int home) : home_(home) {}
  int home_ = -1;
};

}  // namespace ipsetkv::netlink
