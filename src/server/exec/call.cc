// SPDX-License-Identifier: MIT
#include "server/exec/call.h"

#include "server/exec/accounting.h"
#include "server/protocol/number.h"

namespace ipsetkv::server {

Call::Call(WorkerContext& worker_context, Client& the_client, const Command& the_command,
           Words the_words, Reply& the_reply, Attempt& the_attempt)
    : context(worker_context),
      server(worker_context.server),
      database(worker_context.database),
      client(the_client),
      value(worker_context.value),
      command(the_command),
      words(the_words),
      reply(the_reply),
      attempt(the_attempt),
      when_held(the_attempt.may_put_aside ? WhenHeld::kPutAside : WhenHeld::kAnswer) {}

void Call::error(std::string_view text) {
  reply_error(server, reply, text);
  has_failed_ = true;
}

void Call::fail(const Error& failure) {
  has_failed_ = true;
  if (!is_held_by_others(failure)) return reply_failure(server, reply, failure);
  if (when_held != WhenHeld::kAnswer) {
    must_wait_ = true;
    return;
  }
  attempt.was_refused = true;
  for_each_key(command, words, [&](std::string_view key) {
    if (const auto lock = database.lock_of(key, access_of(command)))
      attempt.note_held(*lock, failure);
  });
  reply_failure(server, reply, failure);
}

void Call::wrong_count() {
  error("ERR wrong number of arguments for '" + command.full_name + "' command");
}

std::optional<std::int64_t> Call::integer(std::size_t index) {
  const auto number = integer_in(words[index]);
  if (!number) not_an_integer();
  return number;
}

std::optional<bool> Call::read(std::string_view key) {
  const auto found = database.get(key, value);
  if (!found) {
    fail(found.error());
    return std::nullopt;
  }
  count_read(*found);
  return *found;
}

void Call::count_read(bool there) { server::count_read(server, there); }

void Call::touch(std::string_view key) { server.watches.touch(key); }

Database::Access access_of(const Command& command) {
  return command.flags.has(RedisFlag::kWrite) ? Database::Access::kWrite : Database::Access::kRead;
}

}  // namespace ipsetkv::server
