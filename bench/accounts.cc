// SPDX-License-Identifier: MIT
#include "accounts.h"

#include <chrono>
#include <fstream>
#include <set>
#include <sstream>
#include <thread>

namespace ipsetkv::bench {
namespace {

/// Makes the kernel sum up its per-processor counters, if this is allowed, and gives it time to
/// free memory that is no longer visible.
void settle() {
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  std::string nothing;
  std::getline(std::ifstream("/proc/sys/vm/stat_refresh"), nothing);
}

}  // namespace

Accounts read_accounts() {
  settle();
  static const std::set<std::string> wanted = {
      "Slab:", "VmallocUsed:", "Percpu:", "Shmem:", "MemFree:"};
  Accounts accounts;
  std::ifstream file("/proc/meminfo");
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::string name;
    double kilobytes = 0;
    if (!(words >> name >> kilobytes) || !wanted.contains(name)) continue;
    name.pop_back();
    accounts[name] = kilobytes * 1024;
  }
  return accounts;
}

}  // namespace ipsetkv::bench
