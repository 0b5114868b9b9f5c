// SPDX-License-Identifier: MIT
#include "server/exec/command.h"

#include <algorithm>
#include <array>
#include <unordered_map>

namespace ipsetkv::server {
namespace {

/// All commands, numbered, and an index by name.
struct Table {
  std::vector<Command> commands = make_commands();
  std::unordered_map<std::string_view, const Command*> by_name;
  std::size_t count = 0;

  Table() {
    for (Command& command : commands) {
      command.number = count++;
      command.full_name = command.name;
      for (Command& inner : command.subcommands) {
        inner.number = count++;
        inner.full_name = std::string(command.name) + "|" + std::string(inner.name);
      }
    }
    for (const Command& command : commands) by_name.emplace(command.name, &command);
  }
};

const Table& table() {
  static const Table table;
  return table;
}

/// Longer than any command's name.
constexpr std::size_t kLongestName = 32;

}  // namespace

std::span<const Command> all_commands() { return table().commands; }

std::size_t command_count() { return table().count; }

const Command* find_command(std::string_view name) {
  if (name.size() > kLongestName) return nullptr;
  std::array<char, kLongestName> buffer{};
  std::ranges::transform(name, buffer.begin(), lower_case);
  const auto found = table().by_name.find({buffer.data(), name.size()});
  return found == table().by_name.end() ? nullptr : found->second;
}

const Command* find_subcommand(const Command& container, std::string_view name) {
  for (const Command& command : container.subcommands)
    if (is_word(name, command.name)) return &command;
  return nullptr;
}

const Command* find_by_full_name(std::string_view name) {
  const std::size_t bar = name.find('|');
  const Command* const command = find_command(name.substr(0, bar));
  if (bar == std::string_view::npos || command == nullptr) return command;
  return find_subcommand(*command, name.substr(bar + 1));
}

bool takes(const Command& command, std::size_t words) {
  const auto count = static_cast<int>(words);
  return command.arity >= 0 ? count == command.arity : count >= -command.arity;
}

bool has_several_keys(const Command& command, Words words) {
  if (command.keys.first == command.keys.last) return false;
  std::size_t count = 0;
  for_each_key(command, words, [&](std::string_view) { ++count; });
  return count > 1;
}

}  // namespace ipsetkv::server
