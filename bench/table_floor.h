// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "conversation.h"
#include "peer.h"
#include "requests.h"

namespace ipsetkv::bench {

/// The bare conversation with the kernel about a key of a table that ipsetkv has made: one listing
/// of its bucket, of which nothing is looked at but the element that is wanted, and one `add`. The
/// loop knows from the start where each key is. No reader of such a table can be faster, so this is
/// what a table is measured by.
class TableFloor final : public Peer {
 public:
  /// Nothing if the table cannot be made.
  [[nodiscard]] static std::unique_ptr<Peer> open(const Task& task);

  [[nodiscard]] bool set(const std::string& key, std::size_t which) override;
  [[nodiscard]] bool get(const std::string& key, std::string& value) override;

 private:
  struct Place {
    std::size_t bucket;
    Address address;
  };

  /// An `add` to one bucket, in which keys and their addresses are exchanged.
  struct Addition {
    std::vector<std::byte> message;
    std::size_t address;  ///< Where it is in the message,
    std::size_t key;      ///< and the key.
  };

  TableFloor(Conversation kernel, const Task& task);
  [[nodiscard]] bool find_keys();
  void learn(const nlmsghdr& part);
  void prepare();

  Conversation kernel_;
  Task task_;
  std::vector<std::string> buckets_;
  std::unordered_map<std::string, Place> places_;
  std::vector<std::vector<std::byte>> listings_;  ///< The request for each bucket's.
  std::vector<Addition> additions_[2];
};

}  // namespace ipsetkv::bench
