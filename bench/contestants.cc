// SPDX-License-Identifier: MIT
#include "contestants.h"

#include <cstdint>
#include <utility>

#include "file_peer.h"
#include "floor.h"
#include "folder.h"
#include "keyring_peer.h"
#include "libipset_peer.h"
#include "lmdb_peer.h"
#include "memcached_peer.h"
#include "namespace_home.h"
#include "redis_peer.h"
#include "server.h"
#include "store_peer.h"

namespace ipsetkv::bench {
namespace {

template <class Client>
class ServerHome : public Home {
 public:
  static std::unique_ptr<Home> start() {
    auto server = Client::start_server();
    return server ? std::make_unique<ServerHome>(std::move(server)) : nullptr;
  }

  explicit ServerHome(std::unique_ptr<Server> server) : server_(std::move(server)) {}

  std::unique_ptr<Peer> connect(const Task& task) override { return Client::open(*server_, task); }
  double resident() const override { return server_->resident(); }

 private:
  std::unique_ptr<Server> server_;
};

template <class Client>
class FolderHome : public Home {
 public:
  static std::unique_ptr<Home> start() {
    auto home = std::make_unique<FolderHome>();
    return home->folder_.path().empty() ? nullptr : std::move(home);
  }

  std::unique_ptr<Peer> connect(const Task& task) override { return Client::open(folder_, task); }

 private:
  Folder folder_;
};

template <NamespaceHome::Open open>
std::unique_ptr<Home> start_namespace() {
  return NamespaceHome::start(open);
}

/// The fewest messages that replace or read a value.
std::unique_ptr<Peer> open_bare_loop(const Task& task) {
  return Floor::open(task, Floor::Writing::kBare, Floor::Reading::kDecoded);
}

std::unique_ptr<Peer> open_libipset(const Task& task) { return LibipsetPeer::open(task); }

// Values of up to 256 KiB fit, but libipset takes half a second for that.
constexpr std::size_t kMostOfLibipset = std::size_t{64} * 1024;

}  // namespace

const std::vector<Contestant>& contestants() {
  static const std::vector<Contestant> all = {
      {"ipsetkv", start_namespace<StorePeer::open>, SIZE_MAX},
      {"bare", start_namespace<open_bare_loop>, SIZE_MAX},
      {"libipset", start_namespace<open_libipset>, kMostOfLibipset},
      {"redis", ServerHome<RedisPeer>::start, SIZE_MAX},
      {"memcached", ServerHome<MemcachedPeer>::start, SIZE_MAX},
      {"file", FolderHome<FilePeer>::start, SIZE_MAX},
      {"lmdb", FolderHome<LmdbPeer>::start, SIZE_MAX},
      {"keyring", KeyringHome::start, SIZE_MAX},
  };
  return all;
}

}  // namespace ipsetkv::bench
