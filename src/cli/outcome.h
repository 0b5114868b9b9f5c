// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

#include "cli/exit_status.h"
#include "ipsetkv/error.h"

namespace ipsetkv::cli {

/// Says on standard error what went wrong.
ExitStatus fail(const Error& error);

/// Writes `text` to standard output, and says so on standard error if that fails; otherwise
/// `status`.
[[nodiscard]] ExitStatus print(std::string_view text, ExitStatus status = ExitStatus::kDone);

}  // namespace ipsetkv::cli
