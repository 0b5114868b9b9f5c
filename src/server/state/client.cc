// SPDX-License-Identifier: MIT
#include "server/state/client.h"

#include "server/state/server_state.h"

namespace ipsetkv::server {

void unwatch(ServerState& server, Client& client) {
  for (const Watch& watch : client.transaction.watches) {
    server.watches.remove(watch.key);
    client.name_bytes -= bytes_of_name(watch.key);
  }
  client.transaction.watches.clear();
}

void leave_transaction(ServerState& server, Client& client) {
  unwatch(server, client);
  client.transaction = {};
}

void leave_everything(ServerState& server, Client& client) {
  const Subscriber who{.worker = client.worker, .client = client.id};
  for (const std::string& channel : client.channels) server.channels.unsubscribe(channel, who);
  for (const std::string& pattern : client.patterns)
    server.channels.unsubscribe_pattern(pattern, who);
  for (const auto* const names : {&client.channels, &client.patterns})
    for (const std::string& name : *names) client.name_bytes -= bytes_of_name(name);
  client.channels.clear();
  client.patterns.clear();
  leave_transaction(server, client);
  if (client.is_monitor) --server.clients.monitors;
  client.is_monitor = false;
}

}  // namespace ipsetkv::server
