// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <string>

namespace ipsetkv {

/// How a Store is opened. The defaults serve a program that works in its own network namespace.
struct Options {
  /// A network namespace made by `ip netns add`, by its name; empty means the calling thread's.
  /// Entering another one needs CAP_SYS_ADMIN, and only while the Store is opened.
  std::string network_namespace;

  /// How long a write goes on trying while others read the value that it replaces, and how long an
  /// answer of the kernel is waited for. Beyond it a call fails with ErrorCode::kBusy or kTimeout,
  /// and the old value stays. Ordinary calls never come near it.
  std::chrono::milliseconds timeout{1000};
};

}  // namespace ipsetkv
