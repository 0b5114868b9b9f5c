// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string>

#include "folder.h"
#include "peer.h"

namespace ipsetkv::bench {

/// A file for each key, in tmpfs. A value is written beside and renamed, so that a reader sees the
/// old one or the new one.
class FilePeer : public Peer {
 public:
  [[nodiscard]] static std::unique_ptr<Peer> open(const Folder& folder, const Task& task);

  FilePeer(int folder, const Values& values);
  ~FilePeer() override;

  [[nodiscard]] bool set(const std::string& key, std::size_t which) override;
  [[nodiscard]] bool get(const std::string& key, std::string& value) override;

 private:
  int folder_;
  std::string spare_;  ///< The name of what is not renamed yet; this process's alone.
  const Values& values_;
};

}  // namespace ipsetkv::bench
