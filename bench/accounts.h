// SPDX-License-Identifier: MIT
#pragma once

#include <map>
#include <string>

namespace ipsetkv::bench {

/// Bytes by the name of an account in /proc/meminfo.
using Accounts = std::map<std::string, double>;

/// The kernel's memory in use: `Slab` (including whole pages of partly used slabs, and blocks too
/// large for slabs), `VmallocUsed`, `Percpu`, `Shmem` (files in tmpfs), and `MemFree` to check
/// them. These are accounts of the whole machine. Takes a third of a second, to let the kernel free
/// memory that is no longer visible.
[[nodiscard]] Accounts read_accounts();

}  // namespace ipsetkv::bench
