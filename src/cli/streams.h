// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "ipsetkv/error.h"

namespace ipsetkv::cli {

/// Gives standard streams that were closed a file that refuses to be used. Otherwise the next file
/// opened would take the number, and the value would be written into the netlink socket.
void occupy_standard_streams();

/// Reads standard input to its end. Errors: kSystemCall; kValueTooLong if there are more than
/// `limit` bytes, with how many there were; those more than 64 MiB beyond it are not counted.
[[nodiscard]] Result<std::string> read_input(std::size_t limit);

/// Writes all of `bytes` to standard output.
[[nodiscard]] Result<void> write_output(std::string_view bytes);

/// Writes a message to standard error; nothing can be done where that fails.
void write_error(std::string_view text);

[[nodiscard]] bool output_is_terminal();

}  // namespace ipsetkv::cli
