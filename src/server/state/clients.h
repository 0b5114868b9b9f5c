// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <vector>

#include "server/state/client.h"

namespace ipsetkv::server {

class Worker;

/// All clients of all workers, by their ids. May be used by all threads.
class Clients {
 public:
  /// Gives the client its id.
  void add(Client& client, Worker& worker);
  void remove(const Client& client);

  /// Calls `visit` for each, in the order in which they came. What of them it may look at is said
  /// at Client. Nobody comes or goes meanwhile.
  void for_each(const std::function<void(Client& client, Worker& worker)>& visit) const;

  /// Those clients of `worker` that are to be closed so that all of them together take no more than
  /// `most` bytes, the largest first; other workers' are killed. None that CLIENT NO-EVICT
  /// protects, or that has next to nothing.
  [[nodiscard]] std::vector<std::uint64_t> choose_largest(std::size_t most, const Worker& worker);

  [[nodiscard]] std::size_t size() const { return size_; }

  std::atomic<std::size_t> monitors{0};
  /// What all of them take: requests, answers, transactions, names of channels and watched keys.
  std::atomic<std::size_t> bytes{0};

 private:
  struct Entry {
    Client* client;
    Worker* worker;
  };
  mutable std::mutex mutex_;
  std::map<std::uint64_t, Entry> clients_;
  std::uint64_t last_id_ = 0;
  std::atomic<std::size_t> size_{0};
};

}  // namespace ipsetkv::server
