// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string_view>

namespace ipsetkv::server {

/// The levels of syslog(3) that are used.
enum class LogLevel : std::uint8_t { kError = 3, kWarning = 4, kNotice = 5 };

/// Writes a line to standard error, with a prefix for the level (sd-daemon(3)) if that is the
/// journal. Thread-safe; a line is one write.
void log(LogLevel level, std::string_view line);

}  // namespace ipsetkv::server
