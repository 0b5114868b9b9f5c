// SPDX-License-Identifier: MIT
#include "server/exec/rounds.h"

#include "server/exec/accounting.h"
#include "server/exec/dispatch.h"
#include "server/state/log.h"

namespace ipsetkv::server {
namespace {

/// The lock that a request needs; nothing if it needs none, several, or it is not known which.
WaitingRequests::Lock lock_of(const Database& database, const Command& command, Words words) {
  WaitingRequests::Lock lock;
  bool is_one = true;
  for_each_key(command, words, [&](std::string_view key) {
    const auto wanted = database.lock_of(key, access_of(command));
    is_one = is_one && (!lock || lock == wanted);
    lock = wanted;
  });
  return is_one ? lock : std::nullopt;
}

}  // namespace

void Rounds::make_ready(Session& session) {
  if (session.places_.ready || session.is_closing()) return;
  if (session.places_.waiting) {
    // Its next request waits. What arrives behind it is read up to a limit.
    session.set_reading(session.pending_bytes() <= Session::kMuchInput);
    return;
  }
  session.places_.ready = true;
  ready_.push_back(&session);
}

void Rounds::mark_unflushed(Session& session) {
  if (session.places_.unflushed) return;
  session.places_.unflushed = true;
  unflushed_.push_back(&session);
}

bool Rounds::resume_if_drained(Session& session) {
  if (!session.places_.full || session.unsent() > Session::kMuchOutput) return false;
  session.places_.full = false;
  session.set_reading(true);
  make_ready(session);
  return true;
}

void Rounds::forget(Session& session) {
  // Only if it is in a list: looking for each takes long where thousands leave at once.
  if (session.places_.ready) std::erase(ready_, &session);
  if (session.places_.unflushed) std::erase(unflushed_, &session);
  if (session.attempt_.give_up_at) (void)waiting_.finish(session, false);
}

void Rounds::run(Clock::time_point until) {
  do run_round();
  while (!ready_.empty() && Clock::now() < until);
}

std::vector<Session*> Rounds::take_unflushed() {
  std::vector<Session*> sessions;
  sessions.swap(unflushed_);
  for (Session* const session : sessions) session->places_.unflushed = false;
  return sessions;
}

std::optional<Rounds::Clock::time_point> Rounds::next_retry() const {
  if (waiting_.empty()) return std::nullopt;
  return waiting_.next_retry();
}

void Rounds::retry_waiting() {
  for (Session* const session : waiting_.take_due(Clock::now())) {
    session->places_.waiting = false;
    make_ready(*session);
  }
}

void Rounds::run_round() {
  round_.swap(ready_);
  for (Session* const session : round_) {
    session->places_.ready = false;
    if (!session->is_closing()) serve_next(*session);
  }
  round_.clear();
  reads_.execute(context_);
  finish_batch(reads_);
  writes_.execute(context_);
  finish_batch(writes_);
}

void Rounds::serve_next(Session& session) {
  Client& client = session.client();
  if (client.killed) return session.close();
  if (session.unsent() > Session::kMuchOutput) {
    session.places_.full = true;
    return session.set_reading(false);
  }
  const Next next = take_request(session);
  session.set_reading(next == Next::kNone || session.pending_bytes() <= Session::kMuchInput);
  mark_unflushed(session);
  if (next == Next::kNone && session.has_ended()) client.close_after_reply = true;
  if (next == Next::kDone && !client.close_after_reply) make_ready(session);
}

Rounds::Next Rounds::take_request(Session& session) {
  Client& client = session.client();
  if (client.close_after_reply) return Next::kWaits;
  switch (session.parse(context_.server.configuration)) {
    case RequestParser::Status::kIncomplete:
      return Next::kNone;
    case RequestParser::Status::kBroken: {
      Reply reply(session.output(), client.protocol);
      reply_error(context_.server, reply, "ERR " + session.parse_error());
      client.close_after_reply = true;
      return Next::kWaits;
    }
    case RequestParser::Status::kComplete:
      break;
  }
  if (!session.words().empty()) return execute_request(session);
  session.consume();
  return Next::kDone;
}

Rounds::Next Rounds::execute_request(Session& session) {
  Client& client = session.client();
  const Words words = session.words();
  const Command* const command = find_command(words[0]);
  // A web page can send these to any port of its reader's machine; Redis closes such clients too.
  if (command == nullptr && (is_word(words[0], "post") || is_word(words[0], "host:"))) {
    log(LogLevel::kWarning, "a client sent an HTTP request; closing it");
    client.close_after_reply = true;
    return Next::kWaits;
  }
  if (is_paused(context_.server, client, command)) return Next::kWaits;
  session.attempt().begin();
  if (!waiting_.empty() && needs_awaited_lock(session, command)) {
    put_aside(session, command);
    return Next::kWaits;
  }
  if (join_batch(session, command)) return Next::kBatched;
  const Outcome outcome =
      dispatch(context_, client, command, words, session.output(), session.attempt());
  if (outcome == Outcome::kMustWait) {
    put_aside(session, command);
    return Next::kWaits;
  }
  finish_request(session);
  return Next::kDone;
}

bool Rounds::join_batch(Session& session, const Command* command) {
  if (command == nullptr || command->batch.kind == BatchForm::Kind::kNone) return false;
  Client& client = session.client();
  const Words words = session.words();
  const bool is_plain = words.size() == command->batch.words && client.authenticated &&
                        !client.transaction.is_open && !client.only_listens() &&
                        client.reply_mode == ReplyMode::kOn &&
                        context_.server.clients.monitors == 0;
  if (!is_plain || !context_.database.check_key(words[1])) return false;
  client.last_command = command->full_name;
  if (command->batch.kind == BatchForm::Kind::kRead)
    reads_.add(session, *command);
  else
    writes_.add(session, *command);
  return true;
}

void Rounds::finish_batch(Batch& batch) {
  for (const Batch::Member& member : batch.members()) {
    Session& session = *member.session;
    if (member.must_wait) {
      put_aside(session, member.command);
      continue;
    }
    finish_request(session);
    if (!session.client().close_after_reply) make_ready(session);
  }
  batch.clear();
}

void Rounds::finish_request(Session& session) {
  session.consume();
  Attempt& attempt = session.attempt();
  if (!attempt.give_up_at) return attempt.finish();
  attempt.finish();
  for (Session* const other : waiting_.finish(session, !attempt.was_refused)) {
    other->places_.waiting = false;
    make_ready(*other);
  }
}

void Rounds::put_aside(Session& session, const Command* command) {
  Attempt& attempt = session.attempt();
  session.places_.waiting = true;
  if (!attempt.give_up_at) attempt.give_up_at = Clock::now() + lock_timeout_;
  if (waiting_.postpone(session)) return;
  waiting_.add(session, command == nullptr ? std::nullopt
                                           : lock_of(context_.database, *command, session.words()));
}

bool Rounds::needs_awaited_lock(Session& session, const Command* command) const {
  // One that has waited is the one that finds out whether the lock is free.
  if (command == nullptr || session.attempt().give_up_at) return false;
  const Transaction& transaction = session.client().transaction;
  bool is_awaited = false;
  const auto check = [&](const Command& each, Words words) {
    for_each_key(each, words, [&](std::string_view key) {
      const auto lock = context_.database.lock_of(key, access_of(each));
      is_awaited = is_awaited || (lock && waiting_.is_awaited(*lock));
    });
  };
  if (!transaction.is_open) {
    check(*command, session.words());
  } else if (command->name == "exec") {
    for (const QueuedCommand& queued : transaction.queue) {
      const std::vector<std::string_view> words(queued.words.begin(), queued.words.end());
      check(*queued.command, words);
    }
  }
  return is_awaited;
}

}  // namespace ipsetkv::server
