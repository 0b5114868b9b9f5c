// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string>

#include "folder.h"
#include "peer.h"

namespace ipsetkv::bench {

/// A file for each key, in tmpfs. A value is written to a new file, which is then renamed, so that
/// a reader sees the old value or the new one.
class FilePeer : public Peer {
 public:
  [[nodiscard]] static std::unique_ptr<Peer> open(const Folder& folder, const Task& task);

  FilePeer(int folder, const Values& values);
  ~FilePeer() override;

  [[nodiscard]] bool set(const std::string& key, std::size_t which) override;
  [[nodiscard]] bool get(const std::string& key, std::string& value) override;

 private:
  int folder_;
  std::string spare_;  ///< The new file's name, unique to this process.
  const Values& values_;
};

}  // namespace ipsetkv::bench
