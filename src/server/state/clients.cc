// SPDX-License-Identifier: MIT
#include "server/state/clients.h"

#include <algorithm>
#include <functional>
#include <utility>

namespace ipsetkv::server {

void Clients::add(Client& client, Mailbox& mailbox) {
  const std::lock_guard lock(mutex_);
  client.id = ++last_id_;
  clients_.emplace(client.id, Entry{&client, &mailbox});
  size_ = clients_.size();
}

void Clients::remove(const Client& client) {
  const std::lock_guard lock(mutex_);
  clients_.erase(client.id);
  size_ = clients_.size();
}

void Clients::for_each(const std::function<void(Client& client, Mailbox& mailbox)>& visit) const {
  const std::lock_guard lock(mutex_);
  for (const auto& [id, entry] : clients_) visit(*entry.client, *entry.mailbox);
}

std::vector<std::uint64_t> Clients::choose_largest(std::size_t most, const Mailbox& mailbox) {
  // Closing a client with less than this would free next to nothing.
  constexpr std::size_t kFewBytes = std::size_t{4} * 1024;
  const std::lock_guard lock(mutex_);
  std::vector<std::pair<std::size_t, Entry>> candidates;
  std::size_t left = bytes;
  for (const auto& [id, entry] : clients_) {
    const std::size_t memory = entry.client->memory;
    // Killed ones are about to go.
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
    if (entry.mailbox == &mailbox) {
      own.push_back(entry.client->id);
    } else {
      entry.client->killed = true;
      entry.mailbox->wake();
    }
  }
  return own;
}

}  // namespace ipsetkv::server
