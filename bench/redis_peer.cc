// SPDX-License-Identifier: MIT
#include "redis_peer.h"

#include <hiredis/hiredis.h>

#include <algorithm>
#include <array>
#include <span>
#include <string_view>

namespace ipsetkv::bench {
namespace {

struct Free {
  void operator()(redisReply* reply) const { freeReplyObject(reply); }
};
using Reply = std::unique_ptr<redisReply, Free>;

/// Empty if the connection is broken.
Reply run(redisContext* context, std::span<const std::string_view> words) {
  std::vector<const char*> starts;
  std::vector<std::size_t> lengths;
  for (const std::string_view word : words) {
    starts.push_back(word.data());
    lengths.push_back(word.size());
  }
  return Reply(static_cast<redisReply*>(
      redisCommandArgv(context, static_cast<int>(words.size()), starts.data(), lengths.data())));
}

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
  // A thousand keys at a time, because a command of a million words is not a realistic one.
  constexpr std::size_t kAtOnce = 1000;
  for (std::size_t first = 0; first < task.keys.size(); first += kAtOnce) {
    const auto begin = task.keys.begin() + static_cast<std::ptrdiff_t>(first);
    const auto count = std::min(kAtOnce, task.keys.size() - first);
    if (!peer->set_all({begin, begin + static_cast<std::ptrdiff_t>(count)}, 1)) return nullptr;
  }
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

bool RedisPeer::set_all(const Keys& keys, std::size_t which) {
  std::vector<std::string_view> words{"MSET"};
  for (const std::string& key : keys) {
    words.emplace_back(key);
    words.emplace_back(values_[which]);
  }
  const auto reply = run(context_.get(), words);
  return reply && reply->type == REDIS_REPLY_STATUS;
}

bool RedisPeer::get_all(const Keys& keys, std::vector<std::string>& values) {
  std::vector<std::string_view> words{"MGET"};
  words.insert(words.end(), keys.begin(), keys.end());
  const auto reply = run(context_.get(), words);
  if (!reply || reply->type != REDIS_REPLY_ARRAY || reply->elements != keys.size()) return false;
  values.clear();
  for (std::size_t index = 0; index < reply->elements; ++index) {
    const redisReply* const each = reply->element[index];
    if (each->type != REDIS_REPLY_STRING) return false;
    values.emplace_back(each->str, each->len);
  }
  return true;
}

}  // namespace ipsetkv::bench
