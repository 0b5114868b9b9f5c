// SPDX-License-Identifier: MIT
#pragma once

#include <CLI/CLI.hpp>
#include <span>

#include "cli/arguments.h"

namespace ipsetkv::cli {

/// Tells `app` the commands, their words and their options, each of which fills its member of
/// `arguments`, which has to outlive the parsing. Where `words`, those of the command line, name
/// commands and ask for no help, they and their like are all: to describe the whole grammar takes
/// longer than a short command does.
void describe_commands(CLI::App& app, Arguments& arguments, std::span<const char* const> words);

/// Whether --json has a meaning for the command.
[[nodiscard]] bool has_structured_output(Command command);

}  // namespace ipsetkv::cli
