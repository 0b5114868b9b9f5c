// SPDX-License-Identifier: MIT
#include "memcached_peer.h"

#include <libmemcached/memcached.h>

#include <cstdlib>

namespace ipsetkv::bench {

std::unique_ptr<Server> MemcachedPeer::start_server() {
  // Without -u, memcached refuses to run as root.
  return Server::start({"memcached", "-s", "SOCKET", "-m", "1024", "-I", "32m", "-u", "root"});
}

void MemcachedPeer::Close::operator()(memcached_st* client) const { memcached_free(client); }

std::unique_ptr<Peer> MemcachedPeer::open(const Server& server, const Task& task) {
  std::unique_ptr<memcached_st, Close> client(memcached_create(nullptr));
  if (!client) return nullptr;
  const auto added = memcached_server_add_unix_socket(client.get(), server.socket().c_str());
  if (added != MEMCACHED_SUCCESS) return nullptr;
  std::unique_ptr<MemcachedPeer> peer(new MemcachedPeer(std::move(client), task.values));
  for (const std::string& key : task.keys)
    if (!peer->set(key, 1)) return nullptr;
  return peer;
}

bool MemcachedPeer::set(const std::string& key, std::size_t which) {
  const std::string& value = values_[which];
  return memcached_set(client_.get(), key.data(), key.size(), value.data(), value.size(), 0, 0) ==
         MEMCACHED_SUCCESS;
}

bool MemcachedPeer::get(const std::string& key, std::string& value) {
  std::size_t length = 0;
  std::uint32_t flags = 0;
  memcached_return_t answer = MEMCACHED_FAILURE;
  char* const found =
      memcached_get(client_.get(), key.data(), key.size(), &length, &flags, &answer);
  if (answer != MEMCACHED_SUCCESS || found == nullptr) return false;
  value.assign(found, length);
  std::free(found);
  return true;
}

}  // namespace ipsetkv::bench
