// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "server/data/database.h"

namespace ipsetkv::server {

/// What identifies the state of a key without keeping its value: whether the key is there, a digest
/// of the value and the deadline.
struct KeyState {
  bool there = false;
  std::array<std::uint8_t, 16> digest{};
  std::optional<Deadline> deadline;
  friend bool operator==(const KeyState&, const KeyState&) = default;
};

/// Reads `key`; `value` is overwritten. Errors: those of Database::find.
[[nodiscard]] Result<KeyState> state_of(Database& database, std::string_view key,
                                        std::string& value);

}  // namespace ipsetkv::server
