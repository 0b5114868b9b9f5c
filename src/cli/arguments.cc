// SPDX-License-Identifier: MIT
#include "cli/arguments.h"

#include <CLI/CLI.hpp>
#include <algorithm>

#include "cli/escape.h"
#include "cli/grammar.h"
#include "ipsetkv/version.h"

namespace ipsetkv::cli {
namespace {

/// CLI11's sentences end in a newline in places; an error of ours is one line.
std::string one_line(std::string text) {
  while (!text.empty() && text.back() == '\n') text.pop_back();
  std::replace(text.begin(), text.end(), '\n', ' ');
  return escape_for_line(text);
}

Answer usage_error(const std::string& problem) {
  return {
      .text = "ipsetkv: " + one_line(problem) +
              "; see `ipsetkv --help`, and put `--` before a key or value that begins with '-'\n",
      .status = ExitStatus::kUsage};
}

/// The words that stand for values, and so may be "-".
std::vector<std::string*> values_in(Arguments& arguments) {
  std::vector<std::string*> values{&arguments.value, &arguments.expected};
  for (std::size_t index = 1; index < arguments.pairs.size(); index += 2)
    values.push_back(&arguments.pairs[index]);
  std::erase_if(values, [](const std::string* value) { return *value != "-"; });
  return values;
}

/// What is wrong with words that are right each by itself; empty if nothing is.
std::string contradiction(Arguments& arguments, const CLI::App& command) {
  if (arguments.json && !has_structured_output(arguments.command))
    return command.get_name() + " has no structured output: leave out --json";
  if (arguments.json && arguments.null_separated) return "--null excludes --json";
  if (arguments.pairs.size() % 2 != 0) return "mset: the last key has no VALUE";
  if (values_in(arguments).size() > 1) return "standard input can be one value only";
  return {};
}

}  // namespace

std::variant<Arguments, Answer> parse_arguments(int count, const char* const* words) {
  Arguments arguments;
  CLI::App app("Keys and values in the Linux kernel's IP sets", "ipsetkv");
  app.footer("ipsetkv(1) has the rest: keys, values, exit status, examples.");
  app.fallthrough();
  // One, whose words may have the names of others.
  app.require_subcommand(0, 1);
  app.set_version_flag("--version", "ipsetkv " + std::string(kVersion));
  app.add_option("--netns", arguments.network_namespace,
                 "Work in this network namespace, made by `ip netns add`")
      ->type_name("NAME");
  add_store(app, arguments);
  app.add_flag("--json", arguments.json, "Answer in JSON, where there is an answer but a value");
  describe_commands(app, arguments, std::span(words, static_cast<std::size_t>(count)));
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
  const auto chosen = app.get_subcommands();
  if (chosen.empty())
    return usage_error(unknown.empty() ? "a command is missing"
                                       : unknown.front() + ": no such command");
  if (!unknown.empty()) return usage_error(unknown.front() + ": one word too many");
  if (const auto problem = contradiction(arguments, *chosen.front()); !problem.empty())
    return usage_error(problem);
  find_table(arguments);
  return arguments;
}

std::string* value_from_input(Arguments& arguments) {
  const auto values = values_in(arguments);
  return values.empty() ? nullptr : values.front();
}

}  // namespace ipsetkv::cli
