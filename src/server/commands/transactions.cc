// SPDX-License-Identifier: MIT

// MULTI, EXEC, DISCARD, WATCH and UNWATCH.

#include <algorithm>
#include <utility>
#include <vector>

#include "server/commands/groups.h"
#include "server/exec/call.h"
#include "server/exec/dispatch.h"
#include "server/state/server_state.h"
#include "server/state/watches.h"

namespace ipsetkv::server {
namespace {

void multi(Call& call) {
  if (call.client.transaction.is_open) return call.error("ERR MULTI calls can not be nested");
  call.client.transaction.is_open = true;
  call.client.transaction.is_broken = false;
  call.reply.ok();
}

void discard(Call& call) {
  if (!call.client.transaction.is_open) return call.error("ERR DISCARD without MULTI");
  leave_transaction(call.server, call.client);
  call.reply.ok();
}

/// Whether a watched key has changed; nothing, and the error reply, if it cannot be read.
std::optional<bool> has_changed(Call& call) {
  for (const Watch& watch : call.client.transaction.watches) {
    if (call.server.watches.version(watch.key) != watch.version) return true;
    const auto state = state_of(call.database, watch.key, call.value);
    if (!state) {
      call.fail(state.error());
      return std::nullopt;
    }
    if (*state != watch.state) return true;
  }
  return false;
}

/// Executes the queued commands and writes their replies. Only while none of them has been executed
/// the request can be put aside: true then.
bool must_wait_for_queue(Call& call, const std::vector<QueuedCommand>& queue) {
  bool is_first = true;
  for (const QueuedCommand& queued : queue) {
    const std::vector<std::string_view> words(queued.words.begin(), queued.words.end());
    Call inner(call.context, call.client, *queued.command, words, call.reply, call.attempt);
    if (!is_first) inner.when_held = Call::WhenHeld::kRetryInPlace;
    execute(inner);
    if (inner.must_wait()) return true;
    is_first = false;
  }
  return false;
}

/// No other client's command is executed meanwhile: EXEC has the trait kAlone.
void exec(Call& call) {
  Client& client = call.client;
  if (!client.transaction.is_open) return call.error("ERR EXEC without MULTI");
  if (client.transaction.is_broken) {
    leave_transaction(call.server, client);
    return call.error("EXECABORT Transaction discarded because of previous errors.");
  }
  const auto changed = has_changed(call);
  if (call.must_wait()) return;
  if (!changed || *changed) {
    leave_transaction(call.server, client);
    if (changed) call.reply.null_array();
    return;
  }
  // Its commands are executed outside of a transaction.
  Transaction transaction = std::exchange(client.transaction, {});
  call.reply.array(transaction.queue.size());
  const bool must_wait = must_wait_for_queue(call, transaction.queue);
  client.transaction.watches = std::move(transaction.watches);
  if (!must_wait) return unwatch(call.server, client);
  client.transaction = {.is_open = true,
                        .queue = std::move(transaction.queue),
                        .queue_bytes = transaction.queue_bytes,
                        .watches = std::move(client.transaction.watches)};
  call.set_must_wait();
}

void watch(Call& call) {
  Client& client = call.client;
  if (client.transaction.is_open) return call.error("ERR WATCH inside MULTI is not allowed");
  for (const std::string_view key : call.words.subspan(1)) {
    const bool is_watched = std::ranges::any_of(client.transaction.watches,
                                                [&](const Watch& each) { return each.key == key; });
    if (is_watched) continue;
    // Registered before it is read: a change in between counts.
    const std::uint64_t version = call.server.watches.add(key);
    const auto state = state_of(call.database, key, call.value);
    if (!state) {
      call.server.watches.remove(key);
      return call.fail(state.error());
    }
    client.name_bytes += bytes_of_name(key);
    client.transaction.watches.push_back(
        {.key = std::string(key), .version = version, .state = *state});
  }
  call.reply.ok();
}

void unwatch_all(Call& call) {
  unwatch(call.server, call.client);
  call.reply.ok();
}

}  // namespace

std::vector<Command> transaction_commands() {
  constexpr CommandFlags kFlags = kNoScript | kLoading | kStale;
  return in_group("transactions", {{"discard", 1, kFlags | kFast | kNotQueued, kNoKeys, discard,
                                    "2.0.0", "Forgets the queued commands"},
                                   {"exec", 1, kFlags | kSkipSlowLog | kNotQueued | kAlone, kNoKeys,
                                    exec, "1.2.0", "Carries out the queued commands"},
                                   {"multi", 1, kFlags | kFast | kNotQueued, kNoKeys, multi,
                                    "1.2.0", "Queues commands from now on"},
                                   {"unwatch", 1, kFlags | kFast, kNoKeys, unwatch_all, "2.2.0",
                                    "Watches no key any more"},
                                   {"watch", -2, kFlags | kFast | kNotQueued, kEveryKey, watch,
                                    "2.2.0", "Lets EXEC do nothing if a key changes until then"}});
}

}  // namespace ipsetkv::server
