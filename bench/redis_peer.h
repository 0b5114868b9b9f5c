// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "peer.h"
#include "server.h"

struct redisContext;

namespace ipsetkv::bench {

/// Redis through hiredis: commands one by one, each waiting for its reply, over a unix socket.
class RedisPeer : public Peer {
 public:
  /// A server that saves nothing to disk.
  [[nodiscard]] static std::unique_ptr<Server> start_server();

  [[nodiscard]] static std::unique_ptr<Peer> open(const Server& server, const Task& task);

  [[nodiscard]] bool set(const std::string& key, std::size_t which) override;
  [[nodiscard]] bool get(const std::string& key, std::string& value) override;
  [[nodiscard]] bool set_all(const Keys& keys, std::size_t which) override;
  [[nodiscard]] bool get_all(const Keys& keys, std::vector<std::string>& values) override;

 private:
  struct Close {
    void operator()(redisContext* context) const;
  };

  RedisPeer(std::unique_ptr<redisContext, Close> context, const Values& values)
      : context_(std::move(context)), values_(values) {}

  std::unique_ptr<redisContext, Close> context_;
  const Values& values_;
};

}  // namespace ipsetkv::bench
