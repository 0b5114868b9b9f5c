// SPDX-License-Identifier: MIT
#pragma once

#include <CLI/CLI.hpp>
#include <span>
#include <string>
#include <vector>

#include "cli/arguments.h"

namespace ipsetkv::cli {

/// Tells `app` the commands, their words and their options, each of which fills its member of
/// `arguments`, which has to outlive the parsing. Where `words`, those of the command line, name
/// commands and ask for no help, they and their like are all: to describe the whole grammar takes
/// longer than a short command does.
void describe_commands(CLI::App& app, Arguments& arguments, std::span<const char* const> words);

/// Tells `app` the option --store, and the variable IPSETKV_STORE.
void add_store(CLI::App& app, Arguments& arguments);

/// The word of `info` may be a table instead of a key, and that of `drop` is; where --store already
/// says which table there is, it is a key. Without a word `info` is about the table there is.
void find_table(Arguments& arguments);

/// All commands, in the order in which help shows them.
[[nodiscard]] std::vector<std::string> command_names();

/// Whether --json has a meaning for the command.
[[nodiscard]] bool has_structured_output(Command command);

}  // namespace ipsetkv::cli
