// SPDX-License-Identifier: MIT
#include "lmdb_peer.h"

namespace ipsetkv::bench {
namespace {

// The size of the mapping. Unused parts take no memory.
constexpr std::size_t kMapBytes = std::size_t{4} << 30;

MDB_val as_value(const std::string& text) {
  return {.mv_size = text.size(), .mv_data = const_cast<char*>(text.data())};
}

}  // namespace

LmdbPeer::~LmdbPeer() {
  if (reading_ != nullptr) mdb_txn_abort(reading_);
  mdb_env_close(environment_);
}

bool LmdbPeer::begin(const Folder& folder) {
  if (mdb_env_create(&environment_) != 0 || mdb_env_set_mapsize(environment_, kMapBytes) != 0)
    return false;
  if (mdb_env_open(environment_, folder.path().c_str(), MDB_NOSYNC, 0600) != 0) return false;
  MDB_txn* opening = nullptr;
  if (mdb_txn_begin(environment_, nullptr, 0, &opening) != 0) return false;
  const bool opened = mdb_dbi_open(opening, nullptr, 0, &table_) == 0;
  if (mdb_txn_commit(opening) != 0 || !opened) return false;
  if (mdb_txn_begin(environment_, nullptr, MDB_RDONLY, &reading_) != 0) return false;
  mdb_txn_reset(reading_);
  return true;
}

std::unique_ptr<Peer> LmdbPeer::open(const Folder& folder, const Task& task) {
  auto peer = std::make_unique<LmdbPeer>(task.values);
  if (!peer->begin(folder)) return nullptr;
  for (const std::string& key : task.keys)
    if (!peer->set(key, 1)) return nullptr;
  return peer;
}

bool LmdbPeer::set(const std::string& key, std::size_t which) {
  MDB_txn* writing = nullptr;
  if (mdb_txn_begin(environment_, nullptr, 0, &writing) != 0) return false;
  MDB_val name = as_value(key);
  MDB_val value = as_value(values_[which]);
  if (mdb_put(writing, table_, &name, &value, 0) == 0) return mdb_txn_commit(writing) == 0;
  mdb_txn_abort(writing);
  return false;
}

bool LmdbPeer::get(const std::string& key, std::string& value) {
  if (mdb_txn_renew(reading_) != 0) return false;
  MDB_val name = as_value(key);
  MDB_val found;
  const bool good = mdb_get(reading_, table_, &name, &found) == 0;
  if (good) value.assign(static_cast<const char*>(found.mv_data), found.mv_size);
  mdb_txn_reset(reading_);
  return good;
}

}  // namespace ipsetkv::bench
