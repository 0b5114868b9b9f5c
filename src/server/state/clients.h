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
#include "server/state/mailbox.h"

namespace ipsetkv::server {

/// All clients of all workers, by their ids. Thread-safe.
class Clients {
 public:
  /// Gives the client its id. `mailbox`: of the worker that it belongs to.
  void add(Client& client, Mailbox& mailbox);
  void remove(const Client& client);

  /// Visits all clients in the order in which they came. Which of their members `visit` may use is
  /// documented at Client. No client is added or removed meanwhile.
  void for_each(const std::function<void(Client& client, Mailbox& mailbox)>& visit) const;

  /// Chooses the largest clients until the others take no more than `most` bytes. Returns those of
  /// `mailbox`, which the caller closes; those of other workers are marked as killed. Leaves out
  /// clients with CLIENT NO-EVICT, and those too small to matter.
  [[nodiscard]] std::vector<std::uint64_t> choose_largest(std::size_t most, const Mailbox& mailbox);

  [[nodiscard]] std::size_t size() const { return size_; }

  std::atomic<std::size_t> monitors{0};
  /// The memory of all of them: requests, replies, transactions, names of channels and watched
  /// keys.
  std::atomic<std::size_t> bytes{0};

 private:
  struct Entry {
    Client* client;
    Mailbox* mailbox;
  };
  mutable std::mutex mutex_;
  std::map<std::uint64_t, Entry> clients_;
  std::uint64_t last_id_ = 0;
  std::atomic<std::size_t> size_{0};
};

}  // namespace ipsetkv::server
