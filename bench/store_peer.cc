// SPDX-License-Identifier: MIT
#include "store_peer.h"

#include <vector>

namespace ipsetkv::bench {

std::unique_ptr<Peer> StorePeer::open(const Task& task) {
  auto store = Store::open();
  if (!store) return nullptr;
  auto peer = std::make_unique<StorePeer>(*std::move(store), task);
  // A key's first write creates its set, the next one the spare set; all later writes cost the
  // same.
  const bool alone = task.keys.size() == 1;
  for (const std::size_t which : alone ? std::vector<std::size_t>{0, 1, 0, 1} : std::vector{1UL})
    for (const std::string& key : task.keys)
      if (!peer->set(key, which)) return nullptr;
  return peer;
}

bool StorePeer::set(const std::string& key, std::size_t which) {
  const std::string& value = task_.values[which];
  if (task_.layout == automatic_layout(value.size())) return store_.set(key, value).has_value();
  return store_.set(key, value, options_).has_value();
}

bool StorePeer::get(const std::string& key, std::string& value) {
  return store_.get(key, value).value_or(false);
}

}  // namespace ipsetkv::bench
