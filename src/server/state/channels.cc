// SPDX-License-Identifier: MIT
#include "server/state/channels.h"

#include "base/glob.h"

namespace ipsetkv::server {

void Channels::add(Listeners& listeners, std::string_view name, Subscriber who) {
  const std::lock_guard lock(mutex_);
  listeners[std::string(name)].insert(who);
}

void Channels::remove(Listeners& listeners, std::string_view name, Subscriber who) {
  const std::lock_guard lock(mutex_);
  const auto found = listeners.find(name);
  if (found == listeners.end()) return;
  found->second.erase(who);
  if (found->second.empty()) listeners.erase(found);
}

std::size_t Channels::for_each_listener(
    std::string_view channel,
    const std::function<void(Subscriber who, const std::string* pattern)>& visit) const {
  const std::lock_guard lock(mutex_);
  std::size_t count = 0;
  if (const auto found = channels_.find(channel); found != channels_.end())
    for (const Subscriber who : found->second) {
      visit(who, nullptr);
      ++count;
    }
  for (const auto& [pattern, listeners] : patterns_) {
    if (!glob_matches(pattern, channel)) continue;
    for (const Subscriber who : listeners) {
      visit(who, &pattern);
      ++count;
    }
  }
  return count;
}

std::vector<std::string> Channels::channels(std::string_view pattern) const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> names;
  for (const auto& [name, listeners] : channels_)
    if (pattern.empty() || glob_matches(pattern, name)) names.push_back(name);
  return names;
}

std::size_t Channels::listeners(std::string_view channel) const {
  const std::lock_guard lock(mutex_);
  const auto found = channels_.find(channel);
  return found == channels_.end() ? 0 : found->second.size();
}

std::size_t Channels::pattern_count() const {
  const std::lock_guard lock(mutex_);
  return patterns_.size();
}

std::size_t Channels::channel_count() const {
  const std::lock_guard lock(mutex_);
  return channels_.size();
}

}  // namespace ipsetkv::server
