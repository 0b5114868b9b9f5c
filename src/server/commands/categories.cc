// SPDX-License-Identifier: MIT
#include "server/commands/categories.h"

namespace ipsetkv::server {

std::vector<std::string> categories_of(const Command& command) {
  std::vector<std::string> categories;
  const auto add_if = [&](bool is_one, std::string_view category) {
    if (is_one) categories.emplace_back(category);
  };
  const bool is_keyspace = command.group == "generic";
  add_if(is_keyspace, "keyspace");
  add_if(command.flags.has(RedisFlag::kWrite), "write");
  add_if(command.flags.has(RedisFlag::kReadOnly), "read");
  add_if(command.group == "string", "string");
  add_if(command.group == "bitmap", "bitmap");
  add_if(command.group == "connection", "connection");
  add_if(command.group == "transactions", "transaction");
  add_if(command.group == "pubsub", "pubsub");
  add_if(command.flags.has(RedisFlag::kAdmin), "admin");
  add_if(command.flags.has(RedisFlag::kAdmin) || command.name == "keys" ||
             command.name == "flushall" || command.name == "flushdb" || command.name == "info" ||
             command.name == "restore",
         "dangerous");
  add_if(true, command.flags.has(RedisFlag::kFast) ? "fast" : "slow");
  return categories;
}

}  // namespace ipsetkv::server
