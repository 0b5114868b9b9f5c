// SPDX-License-Identifier: MIT
#include "server/exec/dispatch.h"

#include <algorithm>
#include <chrono>

#include "server/exec/accounting.h"
#include "server/state/monitors.h"

namespace ipsetkv::server {
namespace {

using Clock = std::chrono::steady_clock;

/// Redis shows the beginning of a request that it does not know, of at most this length.
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

/// The command of a request, and why the request is rejected; an empty reason: it is not.
struct CheckedRequest {
  const Command* command = nullptr;
  std::string reason;
};

bool may_debug(const ServerState& server, const Client& client) {
  const DebugFor whom = server.options.debug;
  return whom == DebugFor::kEverybody || (whom == DebugFor::kLocal && !client.is_from_outside);
}

constexpr std::string_view kNoDebug =
    "ERR DEBUG command not allowed. "
    "If the enable-debug-command option is set to \"local\", you can run it from a local "
    "connection, otherwise you need to set this option in the configuration file, and then "
    "restart the server.";

CheckedRequest check_request(const ServerState& server, const Client& client,
                             const Command* command, Words words) {
  if (command == nullptr) return {nullptr, unknown_command(words)};
  // Clients that may not use DEBUG do not learn which subcommands it has.
  if (command->flags.has(Trait::kDebug) && words.size() > 1 && !may_debug(server, client))
    return {command, std::string(kNoDebug)};
  if (!command->subcommands.empty() && words.size() > 1) {
    const Command* const inner = find_subcommand(*command, words[1]);
    if (inner == nullptr) return {command, unknown_subcommand(*command, words[1])};
    command = inner;
  }
  if (!takes(*command, words.size()) || command->handler == nullptr)
    return {command, "ERR wrong number of arguments for '" + command->full_name + "' command"};
  if (server.password.is_set() && !client.authenticated && !command->flags.has(RedisFlag::kNoAuth))
    return {command, "NOAUTH Authentication required."};
  if (client.only_listens() && !command->flags.has(RedisFlag::kPubSub))
    return {command, "ERR Can't execute '" + command->full_name +
                         "': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are "
                         "allowed in this context"};
  if (client.transaction.is_open && command->flags.has(RedisFlag::kNoMulti))
    return {command, "ERR Command not allowed inside a transaction"};
  return {command, {}};
}

void enqueue(Transaction& transaction, const Command& command, Words words, Reply& reply) {
  transaction.queue.push_back({&command, {words.begin(), words.end()}});
  transaction.queue_bytes += sizeof(QueuedCommand);
  for (const std::string_view word : words)
    transaction.queue_bytes += sizeof(std::string) + word.size();
  reply.simple("QUEUED");
}

void reject(ServerState& server, Client& client, const CheckedRequest& request, Reply& reply) {
  reply_error(server, reply, request.reason);
  if (request.command != nullptr) ++server.statistics.of(request.command->number).rejected;
  client.transaction.is_broken = client.transaction.is_open;
}

/// Replies with the error if a command of a transaction needs a lock that an earlier one has waited
/// for in vain; false if it needs no such lock.
bool answer_held(Call& call) {
  if (!call.attempt.knows_held()) return false;
  bool is_held = false;
  for_each_key(call.command, call.words, [&](std::string_view key) {
    const auto lock = call.database.lock_of(key, access_of(call.command));
    is_held = is_held || (lock && call.attempt.is_held(*lock));
  });
  if (!is_held) return false;
  call.note_effect();
  call.fail(call.attempt.error());
  return true;
}

void run_handler(Call& call) {
  if (answer_held(call)) return;
  const std::size_t mark = call.reply.mark();
  for (;;) {
    call.command.handler(call);
    if (!call.must_wait()) return;
    call.reply.cut(mark);
    if (call.when_held == Call::WhenHeld::kPutAside) return;
    if (!call.attempt.wait_in_place()) call.when_held = Call::WhenHeld::kAnswer;
    call.begin_again();
  }
}

}  // namespace

bool is_paused(const ServerState& server, const Client& client, const Command* command) {
  if (server.pause.until() == Pause::Clock::time_point() || command == nullptr) return false;
  bool writes = command->flags.has(RedisFlag::kWrite);
  // A transaction writes if one of its commands does. For Redis PUBLISH writes.
  if (command->name == "exec")
    writes = std::ranges::any_of(client.transaction.queue, [](const QueuedCommand& queued) {
      return queued.command->flags.has(RedisFlag::kWrite);
    });
  if (command->name == "publish") writes = true;
  // CLIENT UNPAUSE has to be possible.
  if (command->name == "client") return false;
  return server.pause.holds(writes);
}

Outcome dispatch(WorkerContext& context, Client& client, const Command* command, Words words,
                 std::string& out, Attempt& attempt) {
  ServerState& server = context.server;
  const ReplyMode mode = client.reply_mode;
  if (mode == ReplyMode::kSkipNext) client.reply_mode = ReplyMode::kOn;
  std::string unsent;
  std::string& usual = mode == ReplyMode::kOn ? out : unsent;
  Reply usual_reply(usual, client.protocol);
  const CheckedRequest request = check_request(server, client, command, words);
  if (request.command == nullptr || !request.reason.empty()) {
    reject(server, client, request, usual_reply);
    return Outcome::kDone;
  }
  client.last_command = request.command->full_name;
  const CommandFlags flags = request.command->flags;
  if (client.transaction.is_open && !flags.has(Trait::kNotQueued)) {
    enqueue(client.transaction, *request.command, words, usual_reply);
    return Outcome::kDone;
  }
  Reply reply(flags.has(Trait::kAlwaysReplies) ? out : usual, client.protocol);
  Call call(context, client, *request.command, words, reply, attempt);
  if (flags.has(Trait::kAlone) || has_several_keys(*request.command, words))
    call.exclusive.emplace(server.command_lock);
  execute(call);
  if (!call.must_wait()) return Outcome::kDone;
  client.reply_mode = mode;
  return Outcome::kMustWait;
}

void execute(Call& call) {
  ServerState& server = call.server;
  const CommandFlags flags = call.command.flags;
  const bool is_shown = server.clients.monitors != 0 && !flags.has(RedisFlag::kSkipMonitor) &&
                        !flags.has(RedisFlag::kAdmin);
  if (call.attempt.takes_show() && is_shown)
    show_to_monitors(server, call.context.number, call.client, call.words);
  const auto began = Clock::now();
  run_handler(call);
  if (call.must_wait()) return;
  const auto took = Clock::now() - began;
  count_calls(server, call.command, 1, took);
  if (call.has_failed()) ++server.statistics.of(call.command.number).failed;
  note_latency(server, took);
  log_if_slow(server, call.command, call.client, call.words, took);
}

}  // namespace ipsetkv::server
