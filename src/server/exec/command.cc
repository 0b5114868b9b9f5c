// SPDX-License-Identifier: MIT
#include "server/exec/command.h"

#include <algorithm>
#include <array>
#include <unordered_map>

#include "server/commands/groups.h"

namespace ipsetkv::server {
namespace {

char lower(char letter) {
  return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
}

/// All commands, numbered, and a way to find them.
struct Table {
  std::vector<Command> commands;
  std::unordered_map<std::string_view, const Command*> by_name;
  std::size_t count = 0;

  Table() {
    for (auto group : {connection_commands, client_commands, string_commands, bit_commands,
                       key_commands, keyspace_commands, expiry_commands, listing_commands,
                       dump_commands, transaction_commands, message_commands, server_commands,
                       scripting_commands, monitoring_commands, introspection_commands})
      for (Command& command : group()) commands.push_back(std::move(command));
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
  std::ranges::transform(name, buffer.begin(), lower);
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

bool is_word(std::string_view word, std::string_view lower_case) {
  return std::ranges::equal(word, lower_case, {}, lower);
}

}  // namespace ipsetkv::server
