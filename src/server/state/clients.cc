// SPDX-License-Identifier: MIT
#include "server/state/clients.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "server/net/worker.h"

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

std::vector<std::uint64_t> Clients::choose_largest(std::size_t most, const Worker& worker) {
  // Of one that has less, closing it would give back nothing to speak of.
  constexpr std::size_t kFewBytes = std::size_t{4} * 1024;
  const std::lock_guard lock(mutex_);
  std::vector<std::pair<std::size_t, Entry>> candidates;
  std::size_t left = bytes;
  for (const auto& [id, entry] : clients_) {
    const std::size_t memory = entry.client->memory;
    // Those that are about to go count as gone.
    if (entry.client->killed)
      left -= std::min(left, memory);
    else if (!entry.client->no_evict && memory > kFewBytes)
      candidates.emplace_back(memory, entry);
  }
  std::ranges::sort(candidates, std::greater(), [](const auto& each) { return each.first; });
  std::vector<std::uint64_t> own;
  for (const auto& [memory, entry] : candidates) {
    if (left <= most) break;
    left -= std::min(left, memory);
    if (entry.worker == &worker) {
      own.push_back(entry.client->id);
    } else {
      entry.client->killed = true;
      entry.worker->wake();
    }
  }
  return own;
}

}  // namespace ipsetkv::server
