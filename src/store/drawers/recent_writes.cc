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
  const auto time = now();
  if (time - entry.when > kTrusted) return std::nullopt;
  return Predecessor{.first = entry.first,
                     .shape = {},
                     .options = entry.options,
                     .options_are_fresh = time - entry.options_when <= kFresh};
}

void RecentWrites::remember(const ipset::SetName& name, const format::FirstElement& first,
                            const ipset::CreateOptions& options, bool are_fresh) {
  Entry& entry = entries_[index_of(name)];
  entry.when = now();
  if (!are_fresh || !(entry.name == name)) entry.options_when = entry.when;
  entry.name = name;
  entry.first = first;
  entry.options = options;
}

void RecentWrites::forget(const ipset::SetName& name) {
  Entry& entry = entries_[index_of(name)];
  if (entry.name == name) entry.name.clear();
}

}  // namespace ipsetkv::store
