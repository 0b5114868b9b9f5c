// SPDX-License-Identifier: MIT
#include "store/tables/encoded_pair.h"

#include <cassert>

namespace ipsetkv::store {

Result<void> EncodedPair::encode(std::string_view key, std::string_view value,
                                 std::optional<format::Moment> deadline) {
  assert(!is_long() && !element_.ip);
  format::Pair pair{.key = key, .value = value, .set = {}, .deadline = deadline};
  element_.ip = format::address_of(table_.digest_of(key));
  element_.timeout = deadline ? format::timeout_until(*deadline, table_.now()) : 0;
  const bool is_short = format::encode_pair(pair, element_.comment);
  if (is_short) return {};
  if (auto marked = table_.mark_long_pairs(); !marked) return marked;
  const auto set = table_.long_pairs().write(key, value, deadline);
  if (!set) return tl::unexpected(set.error());
  pair.set = set_ = *set;
  (void)format::encode_pair(pair, element_.comment);
  return {};
}

}  // namespace ipsetkv::store
