// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <utility>

#include "ipsetkv/store.h"
#include "peer.h"

namespace ipsetkv::bench {

/// ipsetkv with all keys in one table, through the public interface.
class TablePeer : public Peer {
 public:
  static constexpr const char* kName = "bench";

  [[nodiscard]] static std::unique_ptr<Peer> open(const Task& task);

  TablePeer(Store store, const Values& values) : store_(std::move(store)), values_(values) {}

  [[nodiscard]] bool set(const std::string& key, std::size_t which) override;
  [[nodiscard]] bool get(const std::string& key, std::string& value) override;
  [[nodiscard]] bool set_all(const Keys& keys, std::size_t which) override;
  [[nodiscard]] bool get_all(const Keys& keys, std::vector<std::string>& values) override;

 private:
  Store store_;
  const Values& values_;
};

}  // namespace ipsetkv::bench
