// SPDX-License-Identifier: MIT
#include "server/state/watches.h"

#include <sodium.h>

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

Result<KeyState> state_of(Store& store, std::string_view key, std::string& value) {
  const auto found = store.find(key, value);
  if (!found) return tl::unexpected(found.error());
  KeyState state;
  if (!*found) return state;
  state.there = true;
  state.deadline = (*found)->deadline;
  crypto_generichash(state.digest.data(), state.digest.size(),
                     reinterpret_cast<const unsigned char*>(value.data()), value.size(), nullptr,
                     0);
  return state;
}

}  // namespace ipsetkv::server
