// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string_view>

#include "ipset/fixed_text.h"
#include "ipsetkv/error.h"

namespace ipsetkv::format {

/// Where a key's value lies, and what excludes other writers from it.
struct Place {
  ipset::SetName name;
  /// The key, where the set's name is only its digest and the key is stored in the set; borrowed.
  std::string_view key_inside;
  std::uint32_t stripe = 0;
};

/// Errors: kKeyEmpty, kKeyTooLong.
[[nodiscard]] Result<void> check_key(std::string_view key);

/// The place of `key`. Errors: those of check_key.
[[nodiscard]] Result<Place> place_of(std::string_view key);

/// The place of a drawer in a set of the store's own, which keeps `key` inside; borrowed.
[[nodiscard]] Place place_at(const ipset::SetName& name, std::string_view key);

/// Whether a set of this name can be a key's, whose name it is or whose digest.
[[nodiscard]] bool can_be_key(std::string_view set_name);

/// Whether the name is a digest, so that the set must hold its key.
[[nodiscard]] bool is_digest(std::string_view set_name);

/// Whether a drawer of this name keeps its key inside: the name is a digest, or the store's own.
[[nodiscard]] bool keeps_key_inside(std::string_view set_name);

}  // namespace ipsetkv::format
