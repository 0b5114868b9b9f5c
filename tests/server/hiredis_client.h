// SPDX-License-Identifier: MIT
#pragma once

#include <hiredis/hiredis.h>

#include <cstddef>
#include <memory>
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

struct CloseConnection {
  void operator()(redisContext* context) const { redisFree(context); }
};
using Connection = std::unique_ptr<redisContext, CloseConnection>;

}  // namespace ipsetkv::tests
