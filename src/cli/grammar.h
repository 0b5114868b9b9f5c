// SPDX-License-Identifier: MIT
#pragma once

#include <CLI/CLI.hpp>

#include "cli/arguments.h"

namespace ipsetkv::cli {

/// Tells `app` the commands, their words and their options, each of which fills its member of
/// `arguments`, which has to outlive the parsing.
void describe_commands(CLI::App& app, Arguments& arguments);

/// Whether --json has a meaning for the command.
[[nodiscard]] bool has_structured_output(Command command);

}  // namespace ipsetkv::cli
