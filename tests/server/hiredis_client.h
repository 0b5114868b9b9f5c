// SPDX-License-Identifier: MIT
#pragma once

#include <hiredis/hiredis.h>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace ipsetkv::tests {

struct FreeReply {
  void operator()(redisReply* reply) const { freeReplyObject(reply); }
};
/// Nothing if the connection is broken; the context says how.
using Reply = std::unique_ptr<redisReply, FreeReply>;

[[nodiscard]] inline Reply own(void* reply) { return Reply(static_cast<redisReply*>(reply)); }

/// The bytes of a string, a status or an error.
[[nodiscard]] inline std::string_view text_of(const redisReply& reply) {
  return {reply.str, reply.len};
}

/// A reply as text: its type byte in the protocol, then its content.
[[nodiscard]] inline std::string said(const redisReply* reply) {
  if (reply == nullptr) return "no reply";
  switch (reply->type) {
    case REDIS_REPLY_STATUS:
      return "+" + std::string(text_of(*reply));
    case REDIS_REPLY_ERROR:
      return "-" + std::string(text_of(*reply));
    case REDIS_REPLY_STRING:
      return "$" + std::string(text_of(*reply));
    case REDIS_REPLY_INTEGER:
      return ":" + std::to_string(reply->integer);
    case REDIS_REPLY_NIL:
      return "nil";
    case REDIS_REPLY_ARRAY: {
      std::string text = "[";
      for (std::size_t i = 0; i < reply->elements; ++i)
        text += (i == 0 ? "" : " ") + said(reply->element[i]);
      return text + "]";
    }
    default:
      return "type " + std::to_string(reply->type);
  }
}

struct CloseConnection {
  void operator()(redisContext* context) const { redisFree(context); }
};
using Connection = std::unique_ptr<redisContext, CloseConnection>;

}  // namespace ipsetkv::tests
