// SPDX-License-Identifier: MIT
#include "support/memory_cgroup.h"

#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <thread>

namespace ipsetkv::tests {
namespace {

constexpr const char* kUsualPlace = "/sys/fs/cgroup/memory";

bool has_memory_cgroups(const std::string& path) {
  return access((path + "/memory.oom_control").c_str(), W_OK) == 0;
}

/// Mounts the hierarchy in a mount namespace of this process.
bool mount_privately(const std::string& path) {
  return unshare(CLONE_NEWNS) == 0 &&
         mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
         mount("cgroup", path.c_str(), "cgroup", 0, "memory") == 0;
}

/// The path of this process's own memory cgroup.
std::string own_cgroup() {
  std::ifstream lines("/proc/self/cgroup");
  const std::string controller = ":memory:";
  for (std::string line; std::getline(lines, line);)
    if (const auto at = line.find(controller); at != std::string::npos)
      return line.substr(at + controller.size());
  return "/";
}

}  // namespace

std::unique_ptr<MemoryCgroup> MemoryCgroup::make() {
  std::string place = kUsualPlace;
  if (!has_memory_cgroups(place)) {
    place = "/tmp";
    if (!mount_privately(place)) return nullptr;
  }
  if (has_memory_cgroups(place + own_cgroup())) place += own_cgroup();
  const std::string path = place + "/ipsetkv-test-" + std::to_string(getpid());
  if (mkdir(path.c_str(), S_IRWXU) != 0) return nullptr;
  std::unique_ptr<MemoryCgroup> cgroup(new MemoryCgroup(path));
  return cgroup->write("memory.oom_control", 1) ? std::move(cgroup) : nullptr;
}

MemoryCgroup::~MemoryCgroup() {
  // A process may still be leaving the cgroup after waitpid(2) has returned.
  for (int tries = 0; rmdir(path_.c_str()) != 0 && tries < 100; ++tries)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
}

bool MemoryCgroup::limit(std::size_t bytes) { return write("memory.limit_in_bytes", bytes); }

bool MemoryCgroup::take(pid_t process) {
  return write("cgroup.procs", static_cast<std::size_t>(process));
}

bool MemoryCgroup::write(const std::string& file, std::size_t number) const {
  std::ofstream stream(path_ + "/" + file);
  stream << number << std::endl;
  return stream.good();
}

}  // namespace ipsetkv::tests
