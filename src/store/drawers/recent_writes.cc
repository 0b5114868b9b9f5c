// SPDX-License-Identifier: MIT
#include "store/drawers/recent_writes.h"

#include <functional>
#include <string_view>

namespace ipsetkv::store {

std::size_t RecentWrites::index_of(const ipset::SetName& name) {
  return std::hash<std::string_view>{}(name.view()) % kEntries;
}

std::optional<Predecessor> RecentWrites::find(const ipset::SetName& name) const {
  const Entry& entry = entries_[index_of(name)];
  if (!(entry.name == name)) return std::nullopt;
  const auto time = this->now();
  if (time - entry.when > kTrusted) return std::nullopt;
  Predecessor left = entry.left;
  left.options_are_fresh = time - entry.options_when <= kFresh;
  return left;
}

void RecentWrites::remember(const ipset::SetName& name, const Predecessor& left) {
  Entry& entry = entries_[index_of(name)];
  const auto time = this->now();
  const bool goes_on = left.options_are_fresh && entry.name == name;
  entry = Entry{.name = name,
                .left = left,
                .when = time,
                .options_when = goes_on ? entry.options_when : time};
}

void RecentWrites::forget(const ipset::SetName& name) {
  Entry& entry = entries_[index_of(name)];
  if (entry.name == name) entry.name.clear();
}

}  // namespace ipsetkv::store
