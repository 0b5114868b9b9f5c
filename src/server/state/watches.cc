// SPDX-License-Identifier: MIT
#include "server/state/watches.h"

namespace ipsetkv::server {

std::uint64_t Watches::add(std::string_view key) {
  const std::lock_guard lock(mutex_);
  auto found = keys_.find(key);
  if (found == keys_.end()) {
    found = keys_.emplace(std::string(key), Watched{.watchers = 0, .version = changes_}).first;
    watched_.store(keys_.size(), std::memory_order_release);
  }
  ++found->second.watchers;
  return found->second.version;
}

void Watches::remove(std::string_view key) {
  const std::lock_guard lock(mutex_);
  const auto found = keys_.find(key);
  if (found == keys_.end() || --found->second.watchers != 0) return;
  keys_.erase(found);
  watched_.store(keys_.size(), std::memory_order_release);
}

std::uint64_t Watches::version(std::string_view key) const {
  const std::lock_guard lock(mutex_);
  const auto found = keys_.find(key);
  return found == keys_.end() ? 0 : found->second.version;
}

void Watches::count_change(std::string_view key) {
  const std::lock_guard lock(mutex_);
  const auto found = keys_.find(key);
  if (found != keys_.end()) found->second.version = ++changes_;
}

std::vector<std::string> Watches::keys() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> keys;
  keys.reserve(keys_.size());
  for (const auto& [key, watched] : keys_) keys.push_back(key);
  return keys;
}

}  // namespace ipsetkv::server
