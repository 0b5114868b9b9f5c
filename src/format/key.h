// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string_view>

#include "ipset/fixed_text.h"
#include "ipsetkv/error.h"

namespace ipsetkv::format {

/// The set of a key, and the stripe whose lock protects it.
struct Place {
  ipset::SetName name;
  /// The key, if the set's name is only its digest and the key is stored in the set. Borrowed.
  std::string_view key_inside;
  std::uint32_t stripe = 0;
};

/// Errors: kKeyEmpty, kKeyTooLong.
[[nodiscard]] Result<void> check_key(std::string_view key);

/// The place of `key`. Errors: those of check_key.
[[nodiscard]] Result<Place> place_of(std::string_view key);

/// The place of a drawer in the store's own set `name`, with `key` stored inside. Borrows `key`.
[[nodiscard]] Place place_at(const ipset::SetName& name, std::string_view key);

/// Whether a set of this name can belong to a key: the name is a possible key or a digest.
[[nodiscard]] bool can_be_key(std::string_view set_name);

/// Whether the name is a key's digest, so that the key is stored in the set.
[[nodiscard]] bool is_digest(std::string_view set_name);

/// Whether a drawer of this name has its key stored inside: the name is a digest, or one of the
/// store's own.
[[nodiscard]] bool keeps_key_inside(std::string_view set_name);

}  // namespace ipsetkv::format
