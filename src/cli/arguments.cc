// SPDX-License-Identifier: MIT
#include "cli/arguments.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <span>

#include "cli/escape.h"
#include "cli/grammar.h"
#include "cli/suggestion.h"
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
  return {.text = "ipsetkv: " + one_line(problem) + "; see `ipsetkv --help`\n",
          .status = ExitStatus::kUsage};
}

/// "; did you mean X?", or nothing.
std::string suggestion(std::string_view word, const std::vector<std::string>& candidates) {
  const std::string_view meant = closest(word, candidates);
  if (meant.empty()) return {};
  return std::string("; did you mean `").append(meant).append("`?");
}

std::vector<std::string> options_of(const CLI::App& app, const CLI::App& command) {
  std::vector<std::string> names;
  for (const CLI::App* const each : {&command, &app})
    for (const CLI::Option* const option : each->get_options())
      for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  return names;
}

/// What is wrong with a word that neither the program nor the command knows.
std::string unknown_word(const std::string& word, const CLI::App& app, const CLI::App& command) {
  if (!word.starts_with('-')) return word + ": one word too many for " + command.get_name();
  const std::string name = word.substr(0, word.find('='));
  return "no such option " + name + suggestion(name, options_of(app, command)) +
         "; put `--` before a key or value that begins with '-'";
}

std::string unknown_command(const std::string& word) {
  return word + ": no such command" + suggestion(word, command_names());
}

/// The first option that was given without a value; empty if there is none.
std::string empty_option(const CLI::App& app) {
  for (const CLI::Option* const option : app.get_options()) {
    const bool is_empty = option->nonpositional() && option->get_items_expected_min() > 0 &&
                          std::ranges::any_of(option->results(), &std::string::empty);
    if (is_empty) return option->get_name();
  }
  return {};
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

/// The first option written as `--option=`, for whose value CLI11 would take the next word.
std::string empty_assignment(std::span<const char* const> words) {
  for (const std::string_view word : words) {
    if (word == "--") return {};
    const std::size_t equals = word.find('=');
    if (word.starts_with("--") && equals + 1 == word.size()) return std::string(word, 0, equals);
  }
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

  const std::span all(words, static_cast<std::size_t>(count));
  if (const std::string option = empty_assignment(all); !option.empty())
    return usage_error(option + " is given and empty; leave it out for the default");
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
    return usage_error(unknown.empty() ? "a command is missing" : unknown_command(unknown.front()));
  if (!unknown.empty()) return usage_error(unknown_word(unknown.front(), app, *chosen.front()));
  for (const CLI::App* const each : std::array<const CLI::App*, 2>{&app, chosen.front()})
    if (const std::string option = empty_option(*each); !option.empty())
      return usage_error(option + " is given and empty; leave it out for the default");
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
