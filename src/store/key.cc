// SPDX-License-Identifier: MIT
#include "store/key.h"

#include <algorithm>
#include <string>

#include "ipsetkv/store.h"

namespace ipsetkv::store {
namespace {

constexpr char kReservedMark = '~';

/// `ipset save` prints names bare: a space ends a word there and a double quote begins a string, so
/// that neither survives `ipset restore`. All other printable bytes do.
bool survives_restore(char byte) { return byte > ' ' && byte <= '~' && byte != '"'; }

}  // namespace

Result<ipset::SetName> set_name_of(std::string_view key) {
  const auto wrong = [&](ErrorCode code) {
    const Error error{.code = code, .actual = key.size(), .limit = kMaxKeyBytes};
    return tl::unexpected(error.about(key));
  };
  if (key.empty()) return wrong(ErrorCode::kKeyEmpty);
  if (key.size() > kMaxKeyBytes) return wrong(ErrorCode::kKeyTooLong);
  if (!std::all_of(key.begin(), key.end(), survives_restore))
    return wrong(ErrorCode::kKeyNotPrintable);
  if (key.front() == kReservedMark) return wrong(ErrorCode::kKeyReserved);
  return ipset::SetName(key);
}

bool can_be_key(std::string_view set_name) { return set_name_of(set_name).has_value(); }

ipset::SetName spare_name(std::uint32_t port_id) {
  return ipset::SetName(kReservedMark + std::to_string(port_id));
}

}  // namespace ipsetkv::store
