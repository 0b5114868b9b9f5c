// SPDX-License-Identifier: MIT
#pragma once

#include <gtest/gtest.h>

#include <cstddef>
#include <string>
#include <string_view>

#include "ipsetkv/store.h"

namespace ipsetkv::tests {

/// A layout with its name.
struct NamedLayout {
  Layout layout;
  std::string_view name;
  std::size_t longest;  ///< The longest value, with a key that is its set's name and no deadline.
};
inline constexpr NamedLayout kEveryLayout[] = {
    {Layout::kIpv4, "ipv4", kMaxIpv4Bytes},
    {Layout::kIpv6, "ipv6", kMaxIpv6Bytes},
    {Layout::kComment, "comment", kMaxValueBytes},
    {Layout::kCounters, "counters", kMaxCountersBytes},
};

/// A key that is its set's name, and one whose set is named by its digest.
inline constexpr std::string_view kBothKeys[] = {"drawer", "a key that is no name"};

/// Calls `visit` with every layout and both kinds of keys.
template <class Visit>
void for_each_form(Visit visit) {
  for (const NamedLayout& layout : kEveryLayout)
    for (const std::string_view key : kBothKeys) {
      SCOPED_TRACE(std::string(layout.name) + ", " + std::string(key));
      visit(layout, key);
    }
}

}  // namespace ipsetkv::tests
