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

/// The bare messages for a key of a table written by ipsetkv: one listing of its bucket, of which
/// only the wanted element is decoded, and one `add`. The loop knows each key's bucket in advance.
/// No client of such a table can be faster, so tables are measured against it.
class TableFloor final : public Peer {
 public:
  /// Null if the table cannot be created.
  [[nodiscard]] static std::unique_ptr<Peer> open(const Task& task);

  [[nodiscard]] bool set(const std::string& key, std::size_t which) override;
  [[nodiscard]] bool get(const std::string& key, std::string& value) override;

 private:
  struct Place {
    std::size_t bucket;
    Address address;
  };

  /// An `add` to one bucket, in which the key and its address can be replaced.
  struct Addition {
    std::vector<std::byte> message;
    std::size_t address;  ///< The offset of the address in the message.
    std::size_t key;      ///< The offset of the key.
  };

  TableFloor(Conversation kernel, const Task& task);
  [[nodiscard]] bool find_keys();
  void learn(const nlmsghdr& part);
  void prepare();

  Conversation kernel_;
  Task task_;
  std::vector<std::string> buckets_;
  std::unordered_map<std::string, Place> places_;
  std::vector<std::vector<std::byte>> listings_;  ///< The LIST request for each bucket.
  std::vector<Addition> additions_[2];
};

}  // namespace ipsetkv::bench
