// SPDX-License-Identifier: MIT
#include "file_peer.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <string_view>

namespace ipsetkv::bench {
namespace {

/// Owns a file descriptor.
class File {
 public:
  File(int folder, const std::string& name, int flags)
      : descriptor_(openat(folder, name.c_str(), flags | O_CLOEXEC, 0600)) {}
  ~File() { close(descriptor_); }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  [[nodiscard]] bool write(std::string_view value) const {
    while (!value.empty()) {
      const ssize_t written = ::write(descriptor_, value.data(), value.size());
      if (written <= 0) return false;
      value.remove_prefix(static_cast<std::size_t>(written));
    }
    return descriptor_ >= 0;
  }
  [[nodiscard]] bool read(std::string& value) const {
    struct stat status;
    if (fstat(descriptor_, &status) != 0) return false;
    value.resize(static_cast<std::size_t>(status.st_size));
    for (std::size_t done = 0; done < value.size();) {
      const ssize_t count = ::read(descriptor_, value.data() + done, value.size() - done);
      if (count <= 0) return false;
      done += static_cast<std::size_t>(count);
    }
    return true;
  }

 private:
  int descriptor_;
};

}  // namespace

FilePeer::FilePeer(int folder, const Values& values)
    : folder_(folder), spare_(std::string("~").append(std::to_string(getpid()))), values_(values) {}

FilePeer::~FilePeer() { close(folder_); }

std::unique_ptr<Peer> FilePeer::open(const Folder& folder, const Task& task) {
  const int descriptor = ::open(folder.path().c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return nullptr;
  auto peer = std::make_unique<FilePeer>(descriptor, task.values);
  for (const std::string& key : task.keys)
    if (!peer->set(key, 1)) return nullptr;
  return peer;
}

bool FilePeer::set(const std::string& key, std::size_t which) {
  if (!File(folder_, spare_, O_WRONLY | O_CREAT | O_TRUNC).write(values_[which])) return false;
  return renameat(folder_, spare_.c_str(), folder_, key.c_str()) == 0;
}

bool FilePeer::get(const std::string& key, std::string& value) {
  return File(folder_, key, O_RDONLY).read(value);
}

}  // namespace ipsetkv::bench
