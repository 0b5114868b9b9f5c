// SPDX-License-Identifier: MIT
#pragma once

#include <linux/capability.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <thread>

namespace ipsetkv::tests {

/// Calls `work` in a thread without capabilities, as in a process of an ordinary user.
template <class Work>
void without_capabilities(Work work) {
  std::thread([&] {
    __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
    const __user_cap_data_struct none[2]{};
    if (syscall(SYS_capset, &header, none) == 0) work();
  }).join();
}

}  // namespace ipsetkv::tests
