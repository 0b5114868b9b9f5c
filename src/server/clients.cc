// SPDX-License-Identifier: MIT
#include "server/clients.h"

namespace ipsetkv::server {

void Clients::add(Client& client, Worker& worker) {
  const std::lock_guard lock(mutex_);
  client.id = ++last_id_;
  clients_.emplace(client.id, Entry{&client, &worker});
  size_ = clients_.size();
}

void Clients::remove(const Client& client) {
  const std::lock_guard lock(mutex_);
  clients_.erase(client.id);
  size_ = clients_.size();
}

void Clients::for_each(const std::function<void(Client& client, Worker& worker)>& visit) const {
  const std::lock_guard lock(mutex_);
  for (const auto& [id, entry] : clients_) visit(*entry.client, *entry.worker);
}

}  // namespace ipsetkv::server
