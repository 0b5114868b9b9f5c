// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

#include "ipset/fixed_text.h"
#include "ipsetkv/error.h"

namespace ipsetkv::store {

/// The name of the set that holds `key`: the key itself. Errors: kKeyEmpty, kKeyTooLong,
/// kKeyNotPrintable, kKeyReserved.
[[nodiscard]] Result<ipset::SetName> set_name_of(std::string_view key);

/// Whether a set of this name can be a key's.
[[nodiscard]] bool can_be_key(std::string_view set_name);

/// The name of the set that a writer fills before it takes a key's place: '~' and the netlink port
/// id of the writer's socket.
[[nodiscard]] ipset::SetName spare_name(std::uint32_t port_id);

}  // namespace ipsetkv::store
