// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <utility>

#include "ipsetkv/store.h"
#include "peer.h"

namespace ipsetkv::bench {

/// ipsetkv's drawers, through the public interface.
class StorePeer : public Peer {
 public:
  /// Null if opening or a write fails.
  [[nodiscard]] static std::unique_ptr<Peer> open(const Task& task);

  StorePeer(Store store, const Task& task) : store_(std::move(store)), task_(task) {
    options_.layout = task.layout;
  }

  [[nodiscard]] bool set(const std::string& key, std::size_t which) override;
  [[nodiscard]] bool get(const std::string& key, std::string& value) override;

 private:
  Store store_;
  Task task_;
  SetOptions options_;
};

}  // namespace ipsetkv::bench
