// SPDX-License-Identifier: MIT

// COMMAND: what commands there are.

#include <algorithm>
#include <string>
#include <vector>

#include "base/glob.h"
#include "server/commands/categories.h"
#include "server/commands/groups.h"
#include "server/commands/help.h"
#include "server/exec/call.h"

namespace ipsetkv::server {
namespace {

struct FlagName {
  RedisFlag flag;
  std::string_view name;
};

constexpr FlagName kFlagNames[] = {
    {kWrite, "write"},
    {kReadOnly, "readonly"},
    {kDenyOom, "denyoom"},
    {kAdmin, "admin"},
    {kPubSub, "pubsub"},
    {kNoScript, "noscript"},
    {kLoading, "loading"},
    {kStale, "stale"},
    {kSkipMonitor, "skip_monitor"},
    {kSkipSlowLog, "skip_slowlog"},
    {kFast, "fast"},
    {kNoAuth, "no_auth"},
    {kNoMulti, "no_multi"},
};

void describe(Call& call, const Command& command) {
  Reply& reply = call.reply;
  reply.array(10);
  reply.bulk(command.full_name);
  reply.integer(command.arity);
  std::vector<std::string_view> flags;
  for (const auto& [flag, name] : kFlagNames)
    if (command.flags.has(flag)) flags.push_back(name);
  reply.set(flags.size());
  for (const std::string_view flag : flags) reply.simple(flag);
  reply.integer(command.keys.first);
  reply.integer(command.keys.last);
  reply.integer(command.keys.step);
  const auto categories = categories_of(command);
  reply.set(categories.size());
  for (const std::string& category : categories) reply.simple("@" + category);
  reply.array(0);  // Tips for clusters.
  reply.array(0);  // Key specifications: the three numbers say all there is.
  reply.array(command.subcommands.size());
  for (const Command& inner : command.subcommands) describe(call, inner);
}

void command_all(Call& call) {
  call.reply.array(all_commands().size());
  for (const Command& command : all_commands()) describe(call, command);
}

void command_count_reply(Call& call) {
  call.reply.integer(static_cast<std::int64_t>(all_commands().size()));
}

void command_info(Call& call) {
  if (call.count() == 2) return command_all(call);
  const Words names = call.words.subspan(2);
  call.reply.array(names.size());
  for (const std::string_view name : names) {
    if (const Command* const command = find_by_full_name(name))
      describe(call, *command);
    else
      call.reply.null();
  }
}

void document(Call& call, const Command& command) {
  Reply& reply = call.reply;
  reply.bulk(command.full_name);
  const bool is_container = !command.subcommands.empty();
  reply.map(is_container ? 4 : 3);
  reply.bulk("summary");
  reply.bulk(command.summary);
  reply.bulk("since");
  reply.bulk(command.since);
  reply.bulk("group");
  reply.bulk(command.group);
  if (!is_container) return;
  reply.bulk("subcommands");
  reply.map(command.subcommands.size());
  for (const Command& inner : command.subcommands) document(call, inner);
}

void command_docs(Call& call) {
  std::vector<const Command*> commands;
  if (call.count() == 2)
    for (const Command& command : all_commands()) commands.push_back(&command);
  for (const std::string_view name : call.words.subspan(2))
    if (const Command* const command = find_by_full_name(name)) commands.push_back(command);
  call.reply.map(commands.size());
  for (const Command* const command : commands) document(call, *command);
}

/// Whether COMMAND LIST, with the filter that its words ask for, is to name `command`.
bool is_listed(Call& call, const Command& command) {
  if (call.count() == 2) return true;
  if (call.is(3, "pattern")) return glob_matches(call.word(4), command.full_name);
  return call.is(3, "aclcat") &&
         std::ranges::any_of(categories_of(command), [&](const std::string& category) {
           return is_word(call.word(4), category);
         });
}

void command_list(Call& call) {
  const bool has_filter = call.count() == 5 && call.is(2, "filterby");
  const bool is_known =
      has_filter && (call.is(3, "pattern") || call.is(3, "aclcat") || call.is(3, "module"));
  if (call.count() != 2 && !is_known) return call.syntax_error();
  std::vector<std::string_view> names;
  for (const Command& command : all_commands()) {
    if (is_listed(call, command)) names.emplace_back(command.full_name);
    for (const Command& inner : command.subcommands)
      if (is_listed(call, inner)) names.emplace_back(inner.full_name);
  }
  call.reply.array(names.size());
  for (const std::string_view name : names) call.reply.bulk(name);
}

void command_getkeys(Call& call) {
  const Words request = call.words.subspan(2);
  const Command* command = find_command(request[0]);
  if (command != nullptr && !command->subcommands.empty() && request.size() > 1)
    command = find_subcommand(*command, request[1]);
  if (command == nullptr) return call.error("ERR Invalid command specified");
  if (command->keys.first == 0) return call.error("ERR The command has no key arguments");
  if (!takes(*command, request.size()))
    return call.error("ERR Invalid number of arguments specified for command");
  std::vector<std::string_view> keys;
  for_each_key(*command, request, [&](std::string_view key) { keys.push_back(key); });
  call.reply.array(keys.size());
  for (const std::string_view key : keys) call.reply.bulk(key);
}

void command_help(Call& call) {
  reply_help(call, "COMMAND",
             {"(no subcommand)", "    All commands, as INFO describes them.", "COUNT",
              "    How many there are.", "DOCS [<command-name> ...]", "    What commands are for.",
              "GETKEYS <full-command>", "    The keys in a request.", "INFO [<command-name> ...]",
              "    What clients need to know of commands.", "LIST", "    Their names."});
}

}  // namespace

std::vector<Command> introspection_commands() {
  constexpr CommandFlags kAsk = kLoading | kStale;
  return in_group(
      "server",
      {
          {"command",
           -1,
           kAsk,
           kNoKeys,
           command_all,
           "2.8.13",
           "About commands",
           {},
           {{"count", 2, kAsk, kNoKeys, command_count_reply, "2.8.13", "How many there are"},
            {"docs", -2, kAsk, kNoKeys, command_docs, "7.0.0", "What commands are for"},
            {"getkeys", -4, kAsk, kNoKeys, command_getkeys, "2.8.13", "The keys in a request"},
            {"help", 2, kAsk, kNoKeys, command_help, "5.0.0", "What there is"},
            {"info", -2, kAsk, kNoKeys, command_info, "2.8.13", "What clients need to know"},
            {"list", -2, kAsk, kNoKeys, command_list, "7.0.0", "The names"}}},
      });
}

}  // namespace ipsetkv::server
