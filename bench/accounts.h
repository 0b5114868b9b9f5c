// SPDX-License-Identifier: MIT
#pragma once

#include <map>
#include <string>

namespace ipsetkv::bench {

/// Bytes, by the name of an account in /proc/meminfo.
using Accounts = std::map<std::string, double>;

/// What the kernel has in use at this moment: slab memory (`Slab`, in which the pages of slabs that
/// are partly used count whole, and so do blocks that are too large for slabs), `VmallocUsed`,
/// `Percpu`, files in tmpfs (`Shmem`), and as a check on these, `MemFree`. They are the whole
/// machine's. Takes a third of a second, in which what nobody can see any more is freed.
[[nodiscard]] Accounts read_accounts();

}  // namespace ipsetkv::bench
