// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

#include "ipsetkv/error.h"

namespace ipsetkv::server {

/// The text of the error reply for an error of the store: Redis' text where Redis has such an
/// error, otherwise a code and the error's own sentence.
[[nodiscard]] std::string reply_text(const Error& error);

/// The code that an error reply begins with: "ERR", "WRONGTYPE".
[[nodiscard]] inline std::string_view code_of(std::string_view reply_text) {
  return reply_text.substr(0, reply_text.find(' '));
}

}  // namespace ipsetkv::server
