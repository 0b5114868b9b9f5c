// SPDX-License-Identifier: MIT
#include "cli/arguments.h"

#include <CLI/CLI.hpp>
#include <algorithm>

#include "ipsetkv/version.h"

namespace ipsetkv::cli {
namespace {

CLI::App* add_command(CLI::App& app, Arguments& arguments, Command command, const char* name,
                      const char* description) {
  CLI::App* const subcommand = app.add_subcommand(name, description);
  subcommand->callback([&arguments, command] { arguments.command = command; });
  return subcommand;
}

void describe_archive_commands(CLI::App& app, Arguments& arguments) {
  auto* const save = add_command(app, arguments, Command::kSave, "save",
                                 "Write all keys to FILE or standard output, as `ipset restore` "
                                 "reads them");
  save->add_option("FILE", arguments.file);

  auto* const restore = add_command(app, arguments, Command::kRestore, "restore",
                                    "Read keys from FILE or standard input; stop at one that "
                                    "exists");
  restore->add_option("FILE", arguments.file);
  auto* const replace =
      restore->add_flag("--replace", arguments.replace, "Replace keys that exist");
  restore->add_flag("--keep", arguments.keep, "Leave keys that exist")->excludes(replace);
}

void describe_commands(CLI::App& app, Arguments& arguments) {
  auto* const set = add_command(app, arguments, Command::kSet, "set",
                                "Make VALUE the value of KEY; '-' reads it from standard input");
  set->add_option("KEY", arguments.key)->required();
  set->add_option("VALUE", arguments.value)->required();

  auto* const get =
      add_command(app, arguments, Command::kGet, "get", "Write the value of KEY, byte for byte");
  get->add_option("KEY", arguments.key)->required();

  auto* const del = add_command(app, arguments, Command::kDel, "del", "Remove keys");
  del->add_option("KEY", arguments.keys)->required();

  auto* const exists = add_command(app, arguments, Command::kExists, "exists",
                                   "Exit with 0 if all of the keys exist, with 1 if not");
  exists->add_option("KEY", arguments.keys)->required();

  auto* const keys = add_command(app, arguments, Command::kKeys, "keys",
                                 "List the keys that match PATTERN (* ? [a-z] [^a] \\x)");
  keys->add_option("PATTERN", arguments.pattern);

  auto* const info = add_command(app, arguments, Command::kInfo, "info",
                                 "Show how a key, or every key, is stored");
  info->add_option("KEY", arguments.key);

  describe_archive_commands(app, arguments);
  add_command(app, arguments, Command::kVersion, "version", "Show the version");
}

/// CLI11's sentences end in a newline in places; an error of ours is one line.
std::string one_line(std::string text) {
  while (!text.empty() && text.back() == '\n') text.pop_back();
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

Answer usage_error(const std::string& problem) {
  return {
      .text = "ipsetkv: " + one_line(problem) +
              "; see `ipsetkv --help`, and put `--` before a key or value that begins with '-'\n",
      .status = ExitStatus::kUsage};
}

bool has_structured_output(Command command) {
  return command != Command::kGet && command != Command::kSet && command != Command::kSave;
}

}  // namespace

std::variant<Arguments, Answer> parse_arguments(int count, const char* const* words) {
  Arguments arguments;
  CLI::App app("Keys and values in the Linux kernel's IP sets", "ipsetkv");
  app.footer("ipsetkv(1) has the rest: keys, values, exit status, examples.");
  app.fallthrough();
  app.set_version_flag("--version", "ipsetkv " + std::string(kVersion));
  app.add_option("--netns", arguments.network_namespace,
                 "Work in this network namespace, made by `ip netns add`")
      ->type_name("NAME");
  app.add_flag("--json", arguments.json,
               "Answer in JSON (del, exists, keys, info, restore, version)");
  describe_commands(app, arguments);
  // Behind the commands, which would inherit it: what nobody knows is reported below, by name.
  app.allow_extras();

  try {
    app.parse(count, words);
  } catch (const CLI::CallForHelp&) {
    const auto chosen = app.get_subcommands();
    return Answer{.text = chosen.empty() ? app.help() : chosen.front()->help()};
  } catch (const CLI::CallForVersion& version) {
    return Answer{.text = one_line(version.what()) + "\n"};
  } catch (const CLI::ParseError& error) {
    return usage_error(error.what());
  }
  auto unknown = app.remaining(true);
  std::erase(unknown, "--");
  if (app.get_subcommands().empty())
    return usage_error(unknown.empty() ? "a command is missing"
                                       : unknown.front() + ": no such command");
  if (!unknown.empty()) return usage_error(unknown.front() + ": one word too many");
  if (arguments.json && !has_structured_output(arguments.command))
    return usage_error("get, set and save have no structured output: leave out --json");
  return arguments;
}

}  // namespace ipsetkv::cli
