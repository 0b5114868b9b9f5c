// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "format/key.h"
#include "ipsetkv/store.h"
#include "store/tables/open_table.h"

namespace ipsetkv::store {

/// One of many keys of a call: its digest, and its index in the caller's order.
struct WantedKey {
  format::Digest digest;
  std::size_t index;
};
/// Some of them, in the order of the digests.
using KeyGroup = std::span<const WantedKey>;

[[nodiscard]] inline std::string_view key_of(std::string_view key) { return key; }
[[nodiscard]] inline std::string_view key_of(const KeyValue& pair) { return pair.key; }

template <class Keys>
[[nodiscard]] Result<void> check_keys(const Keys& keys) {
  for (const auto& each : keys)
    if (auto checked = format::check_key(key_of(each)); !checked) return checked;
  return {};
}

/// All keys in the order of the digests, so that those of a bucket are neighbours. Equal keys stay
/// in the caller's order: the last one of them wins. Requires: the head is loaded.
template <class Keys>
[[nodiscard]] std::vector<WantedKey> in_order_of_digests(const OpenTable& table, const Keys& keys) {
  std::vector<WantedKey> wanted;
  wanted.reserve(keys.size());
  for (std::size_t index = 0; index < keys.size(); ++index)
    wanted.push_back({table.digest_of(key_of(keys[index])), index});
  std::ranges::stable_sort(wanted, {}, &WantedKey::digest);
  return wanted;
}

/// The keys at the beginning of a group that belong to this bucket.
[[nodiscard]] inline KeyGroup first_of_bucket(KeyGroup wanted, format::BucketNumber bucket) {
  const auto end = std::ranges::find_if(
      wanted, [&](const WantedKey& each) { return !format::belongs_to(each.digest, bucket); });
  return wanted.first(static_cast<std::size_t>(end - wanted.begin()));
}

}  // namespace ipsetkv::store
