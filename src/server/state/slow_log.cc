// SPDX-License-Identifier: MIT
#include "server/state/slow_log.h"

#include <algorithm>
#include <ctime>

namespace ipsetkv::server {
namespace {

// Redis' SLOWLOG_ENTRY_MAX_ARGC and SLOWLOG_ENTRY_MAX_STRING.
constexpr std::size_t kMostWords = 32;
constexpr std::size_t kLongestWord = 128;

std::vector<std::string> cut(Words words) {
  std::vector<std::string> result;
  const std::size_t shown = words.size() > kMostWords ? kMostWords - 1 : words.size();
  for (const std::string_view word : words.first(shown)) {
    std::string& text = result.emplace_back(word.substr(0, kLongestWord));
    if (word.size() > kLongestWord)
      text += "... (" + std::to_string(word.size() - kLongestWord) + " more bytes)";
  }
  if (shown < words.size())
    result.push_back("... (" + std::to_string(words.size() - shown) + " more arguments)");
  return result;
}

}  // namespace

void SlowLog::add(const Client& client, Words words, std::chrono::microseconds took,
                  std::size_t most) {
  const std::lock_guard lock(mutex_);
  commands_.push_front({.id = next_id_++,
                        .when = std::time(nullptr),
                        .microseconds = took.count(),
                        .words = cut(words),
                        .address = client.address,
                        .name = client.name});
  while (commands_.size() > most) commands_.pop_back();
}

std::vector<SlowCommand> SlowLog::latest(std::size_t count) const {
  const std::lock_guard lock(mutex_);
  const auto end =
      commands_.begin() + static_cast<std::ptrdiff_t>(std::min(count, commands_.size()));
  return {commands_.begin(), end};
}

std::size_t SlowLog::size() const {
  const std::lock_guard lock(mutex_);
  return commands_.size();
}

void SlowLog::clear() {
  const std::lock_guard lock(mutex_);
  commands_.clear();
}

}  // namespace ipsetkv::server
