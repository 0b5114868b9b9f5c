// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string>

#include "peer.h"
#include "server.h"

struct memcached_st;

namespace ipsetkv::bench {

/// memcached through libmemcached: commands one by one, each waiting for its reply, over a unix
/// socket.
class MemcachedPeer : public Peer {
 public:
  /// A server with limits raised for these values; the default limit of a value is 1 MiB.
  [[nodiscard]] static std::unique_ptr<Server> start_server();

  [[nodiscard]] static std::unique_ptr<Peer> open(const Server& server, const Task& task);

  [[nodiscard]] bool set(const std::string& key, std::size_t which) override;
  [[nodiscard]] bool get(const std::string& key, std::string& value) override;

 private:
  struct Close {
    void operator()(memcached_st* client) const;
  };

  MemcachedPeer(std::unique_ptr<memcached_st, Close> client, const Values& values)
      : client_(std::move(client)), values_(values) {}

  std::unique_ptr<memcached_st, Close> client_;
  const Values& values_;
};

}  // namespace ipsetkv::bench
