// SPDX-License-Identifier: MIT
#include <algorithm>
#include <chrono>

#include "server/exec/call.h"
#include "server/net/worker.h"
#include "server/state/server_state.h"

namespace ipsetkv::server {
namespace {

using Clock = std::chrono::steady_clock;

/// Redis says how a request began that it does not know, but not more than so much of it.
constexpr std::size_t kShownBytes = 128;

std::string unknown_command(Words words) {
  std::string shown;
  for (const std::string_view word : words.subspan(1)) {
    if (shown.size() >= kShownBytes) break;
    shown += '\'';
    shown += word.substr(0, kShownBytes - shown.size());
    shown += "' ";
  }
  return "ERR unknown command '" + std::string(words[0].substr(0, kShownBytes)) +
         "', with args beginning with: " + shown;
}

std::string unknown_subcommand(const Command& command, std::string_view name) {
  std::string upper(command.name);
  std::ranges::transform(upper, upper.begin(), [](char letter) {
    return letter >= 'a' && letter <= 'z' ? static_cast<char>(letter - 'a' + 'A') : letter;
  });
  return "ERR unknown subcommand '" + std::string(name.substr(0, kShownBytes)) + "'. Try " + upper +
         " HELP.";
}

/// What is wrong with a request before it is looked at any closer; nothing if nothing is.
struct Judgement {
  const Command* command = nullptr;
  std::string refusal;
};

bool may_debug(const Server& server, const Client& client) {
  const DebugFor whom = server.options().debug;
  return whom == DebugFor::kEverybody || (whom == DebugFor::kLocal && !client.is_from_outside);
}

constexpr std::string_view kNoDebug =
    "ERR DEBUG command not allowed. "
    "If the enable-debug-command option is set to \"local\", you can run it from a local "
    "connection, otherwise you need to set this option in the configuration file, and then "
    "restart the server.";

Judgement judge(const Server& server, const Client& client, Words words) {
  const Command* command = find_command(words[0]);
  if (command == nullptr) return {nullptr, unknown_command(words)};
  // One that may not has no business knowing which subcommands there are.
  if ((command->flags & kDebug) != 0 && words.size() > 1 && !may_debug(server, client))
    return {command, std::string(kNoDebug)};
  if (!command->subcommands.empty() && words.size() > 1) {
    const Command* const inner = find_subcommand(*command, words[1]);
    if (inner == nullptr) return {command, unknown_subcommand(*command, words[1])};
    command = inner;
  }
  if (!takes(*command, words.size()) || command->handler == nullptr)
    return {command, "ERR wrong number of arguments for '" + command->full_name + "' command"};
  if (server.has_password() && !client.authenticated && (command->flags & kNoAuth) == 0)
    return {command, "NOAUTH Authentication required."};
  if (client.only_listens() && (command->flags & kPubSub) == 0)
    return {command, "ERR Can't execute '" + command->full_name +
                         "': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are "
                         "allowed in this context"};
  if (client.in_transaction && (command->flags & kNoMulti) != 0)
    return {command, "ERR Command not allowed inside a transaction"};
  return {command, {}};
}

void enqueue(Client& client, const Command& command, Words words, Reply& reply) {
  client.queue.push_back({&command, {words.begin(), words.end()}});
  client.queue_bytes += sizeof(QueuedCommand);
  for (const std::string_view word : words) client.queue_bytes += sizeof(std::string) + word.size();
  reply.simple("QUEUED");
}

/// Whether CLIENT REPLY lets the client hear the reply to its next request.
bool takes_heard(Client& client) {
  if (client.reply_mode == ReplyMode::kOn) return true;
  if (client.reply_mode == ReplyMode::kSkipNext) client.reply_mode = ReplyMode::kOn;
  return false;
}

void refuse(Server& server, Client& client, const Judgement& judgement, Reply& reply) {
  reply.error(judgement.refusal);
  server.statistics.count_error(judgement.refusal.substr(0, judgement.refusal.find(' ')));
  if (judgement.command != nullptr) ++server.statistics.of(judgement.command->number).rejected;
  client.transaction_is_broken = client.in_transaction;
}

}  // namespace

bool is_held(const Server& server, const Client& client, Words words) {
  if (server.pause.until() == Pause::Clock::time_point()) return false;
  const Command* const command = find_command(words[0]);
  if (command == nullptr) return false;
  bool writes = (command->flags & kWrite) != 0;
  // A transaction writes if one of its commands does, and so may a message.
  if (command->name == "exec")
    writes = std::ranges::any_of(client.queue, [](const QueuedCommand& queued) {
      return (queued.command->flags & kWrite) != 0;
    });
  if (command->name == "publish") writes = true;
  // Somebody has to be able to end it.
  if (command->name == "client") return false;
  return server.pause.holds(writes);
}

void dispatch(Server& server, Worker& worker, Client& client, Words words, std::string& out) {
  std::string unheard;
  std::string& usual = takes_heard(client) ? out : unheard;
  const Judgement judgement = judge(server, client, words);
  Reply usual_reply(usual, client.protocol);
  if (judgement.command == nullptr || !judgement.refusal.empty())
    return refuse(server, client, judgement, usual_reply);
  const Command& command = *judgement.command;
  client.last_command = command.full_name;
  if (client.in_transaction && (command.flags & kNotQueued) == 0)
    return enqueue(client, command, words, usual_reply);
  Reply reply((command.flags & kAlwaysHeard) != 0 ? out : usual, client.protocol);
  Call call(server, worker, client, command, words, reply);
  call.is_alone = (command.flags & kAlone) != 0 || has_several_keys(command, words);
  if (call.is_alone) server.turn.take_alone();
  carry_out(call);
  call.let_others_in();
}

void carry_out(Call& call) {
  Server& server = call.server;
  if (server.clients.monitors != 0 && (call.command.flags & (kSkipMonitor | kAdmin)) == 0)
    server.show_monitors(call.worker, monitor_line(call.client, call.words));
  const auto began = Clock::now();
  call.command.handler(call);
  const auto took = Clock::now() - began;
  const std::size_t number = call.command.number;
  server.statistics.count(number, 1, std::chrono::duration_cast<std::chrono::nanoseconds>(took));
  if (call.has_failed()) ++server.statistics.of(number).failed;
  const auto microseconds = std::chrono::duration_cast<std::chrono::microseconds>(took);
  server.note_latency(microseconds);
  const std::int64_t limit = server.configuration.slowlog_slower_than;
  if (limit < 0 || microseconds.count() < limit || (call.command.flags & kSkipSlowLog) != 0) return;
  const auto most = static_cast<std::size_t>(server.configuration.slowlog_max_length.load());
  server.slow_log.add(call.client, call.words, microseconds, most);
}

void unwatch(Server& server, Client& client) {
  for (const Watch& watch : client.watches) {
    server.watches.remove(watch.key);
    client.name_bytes -= bytes_of_name(watch.key);
  }
  client.watches.clear();
}

void leave_transaction(Server& server, Client& client) {
  client.in_transaction = client.transaction_is_broken = false;
  client.queue.clear();
  client.queue_bytes = 0;
  unwatch(server, client);
}

void leave_everything(Server& server, Worker& worker, Client& client) {
  const Subscriber who{.worker = worker.number(), .client = client.id};
  for (const std::string& channel : client.channels) server.channels.unsubscribe(channel, who);
  for (const std::string& pattern : client.patterns)
    server.channels.unsubscribe_pattern(pattern, who);
  for (const auto* const names : {&client.channels, &client.patterns})
    for (const std::string& name : *names) client.name_bytes -= bytes_of_name(name);
  client.channels.clear();
  client.patterns.clear();
  leave_transaction(server, client);
  if (client.is_monitor) --server.clients.monitors;
  client.is_monitor = false;
}

}  // namespace ipsetkv::server
