// SPDX-License-Identifier: MIT
#pragma once

#include <lmdb.h>

#include <memory>
#include <string>

#include "folder.h"
#include "peer.h"

namespace ipsetkv::bench {

/// LMDB in tmpfs without `fsync`, with a transaction for each operation. Read transactions are
/// reset and renewed instead of created, as its documentation advises.
class LmdbPeer : public Peer {
 public:
  /// Requires: this process has no other LmdbHome in the same folder.
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
