// SPDX-License-Identifier: MIT
#include "table_peer.h"

#include <vector>

namespace ipsetkv::bench {

std::unique_ptr<Peer> TablePeer::open(const Task& task) {
  Options options;
  options.table = kName;
  auto store = Store::open(options);
  if (!store) return nullptr;
  auto peer = std::make_unique<TablePeer>(*std::move(store), task.values);
  return peer->set_all(task.keys, 1) ? std::move(peer) : nullptr;
}

bool TablePeer::set(const std::string& key, std::size_t which) {
  return store_.set(key, values_[which]).has_value();
}

bool TablePeer::get(const std::string& key, std::string& value) {
  return store_.get(key, value).value_or(false);
}

bool TablePeer::set_all(const Keys& keys, std::size_t which) {
  std::vector<KeyValue> pairs;
  pairs.reserve(keys.size());
  for (const std::string& key : keys) pairs.push_back({.key = key, .value = values_[which]});
  return store_.set_all(pairs).has_value();
}

bool TablePeer::get_all(const Keys& keys, std::vector<std::string>& values) {
  const std::vector<std::string_view> views(keys.begin(), keys.end());
  values.assign(keys.size(), {});
  return store_
      .get_all(views,
               [&](std::size_t index, std::optional<std::string_view> value) {
                 if (value) values[index] = *value;
               })
      .has_value();
}

}  // namespace ipsetkv::bench
