// SPDX-License-Identifier: MIT
#pragma once

#include <lmdb.h>

#include <memory>
#include <string>

#include "folder.h"
#include "peer.h"

namespace ipsetkv::bench {

/// LMDB in tmpfs without `fsync`: a transaction for each operation. That of a read is reset and
/// renewed rather than made anew, as its documentation advises.
class LmdbPeer : public Peer {
 public:
  /// Requires: this process has no other on the same folder.
  [[nodiscard]] static std::unique_ptr<Peer> open(const Folder& folder, const Task& task);

  explicit LmdbPeer(const Values& values) : values_(values) {}
  ~LmdbPeer() override;

  [[nodiscard]] bool set(const std::string& key, std::size_t which) override;
  [[nodiscard]] bool get(const std::string& key, std::string& value) override;

 private:
  [[nodiscard]] bool begin(const Folder& folder);

  MDB_env* environment_ = nullptr;
  MDB_dbi table_ = 0;
  MDB_txn* reading_ = nullptr;
  const Values& values_;
};

}  // namespace ipsetkv::bench
