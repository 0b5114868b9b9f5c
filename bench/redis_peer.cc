// SPDX-License-Identifier: MIT
#include "redis_peer.h"

#include <hiredis/hiredis.h>

#include <array>
#include <string_view>

namespace ipsetkv::bench {
namespace {

struct Free {
  void operator()(redisReply* reply) const { freeReplyObject(reply); }
};
using Reply = std::unique_ptr<redisReply, Free>;

/// Nothing if the connection is broken.
template <std::size_t count>
Reply run(redisContext* context, const std::array<std::string_view, count>& words) {
  std::array<const char*, count> starts;
  std::array<std::size_t, count> lengths;
  for (std::size_t i = 0; i < count; ++i) {
    starts[i] = words[i].data();
    lengths[i] = words[i].size();
  }
  return Reply(static_cast<redisReply*>(
      redisCommandArgv(context, static_cast<int>(count), starts.data(), lengths.data())));
}

}  // namespace

std::unique_ptr<Server> RedisPeer::start_server() {
  return Server::start({"redis-server", "--port", "0", "--unixsocket", "SOCKET", "--dir", "FOLDER",
                        "--save", "", "--appendonly", "no"});
}

void RedisPeer::Close::operator()(redisContext* context) const { redisFree(context); }

std::unique_ptr<Peer> RedisPeer::open(const Server& server, const Task& task) {
  std::unique_ptr<redisContext, Close> context(redisConnectUnix(server.socket().c_str()));
  if (!context || context->err != 0) return nullptr;
  std::unique_ptr<RedisPeer> peer(new RedisPeer(std::move(context), task.values));
  for (const std::string& key : task.keys)
    if (!peer->set(key, 1)) return nullptr;
  return peer;
}

bool RedisPeer::set(const std::string& key, std::size_t which) {
  const auto reply = run<3>(context_.get(), {"SET", key, values_[which]});
  return reply && reply->type == REDIS_REPLY_STATUS;
}

bool RedisPeer::get(const std::string& key, std::string& value) {
  const auto reply = run<2>(context_.get(), {"GET", key});
  if (!reply || reply->type != REDIS_REPLY_STRING) return false;
  value.assign(reply->str, reply->len);
  return true;
}

}  // namespace ipsetkv::bench
