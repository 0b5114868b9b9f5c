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

/// The argument of RESTORE: the value, or Redis' error text.
struct Undumped {
  std::optional<std::string> value;
  std::string_view refusal;
};
/// Accepts all forms of strings up to Redis 7.2, including numbers and compressed ones.
[[nodiscard]] Undumped undump_value(std::string_view dump);

/// Jones' CRC-64, as in Redis.
[[nodiscard]] std::uint64_t crc64(std::string_view bytes);

}  // namespace ipsetkv::server
