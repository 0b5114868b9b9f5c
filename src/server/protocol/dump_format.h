// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ipsetkv::server {

/// A value as DUMP returns it: the form of a string in Redis' RDB files, the version of that form,
/// and a CRC-64 (https://github.com/redis/redis, rdb.c and crc64.c).
[[nodiscard]] std::string dump_value(std::string_view value);

/// What RESTORE is given: the value, or what is wrong with it as Redis says it.
struct Undumped {
  std::optional<std::string> value;
  std::string_view refusal;
};
/// Takes all that Redis makes of strings, up to its version 7.2: numbers and compressed ones too.
[[nodiscard]] Undumped undump_value(std::string_view dump);

/// Jones' CRC-64, as Redis reckons it.
[[nodiscard]] std::uint64_t crc64(std::string_view bytes);

}  // namespace ipsetkv::server
