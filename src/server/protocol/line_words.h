// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ipsetkv::server {

/// Splits an inline request at white space. A word may be quoted, with the escapes \n \r \t \b \a
/// and \xNN in double quotes, and \' in single ones, as in Redis. False if a quote is not closed,
/// or if anything but white space follows it.
[[nodiscard]] bool split_line(std::string_view line, std::vector<std::string>& words);

}  // namespace ipsetkv::server
