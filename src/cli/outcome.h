// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "cli/exit_status.h"
#include "ipsetkv/error.h"

namespace ipsetkv::cli {

/// Says on standard error what went wrong.
ExitStatus fail(const Error& error);

/// Says on standard error why the answer about `key` is no.
ExitStatus say_no(std::string_view key, std::string_view reason);
ExitStatus no_such_key(std::string_view key);

/// The status for several keys: an error outweighs a no, and the first error counts.
void note(ExitStatus& whole, ExitStatus one);

/// Writes `text` to standard output, and says so on standard error if that fails; otherwise
/// `status`.
[[nodiscard]] ExitStatus print(std::string_view text, ExitStatus status = ExitStatus::kDone);

/// Writes a value byte for byte, and a newline behind it where people read it.
[[nodiscard]] ExitStatus print_value(std::string value);

/// Writes a number on a line of its own, which is JSON too.
[[nodiscard]] ExitStatus print_number(std::int64_t number);

}  // namespace ipsetkv::cli
