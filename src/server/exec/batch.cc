// SPDX-License-Identifier: MIT
#include "server/exec/batch.h"

#include <algorithm>
#include <chrono>

#include "server/exec/accounting.h"
#include "server/state/memory.h"

namespace ipsetkv::server {
namespace {

using Clock = std::chrono::steady_clock;

}  // namespace

void Batch::fail(WorkerContext& context, Member& member, const Error& error) {
  Attempt& attempt = member.session->attempt();
  if (is_held_by_others(error)) {
    member.must_wait = attempt.may_put_aside;
    attempt.was_refused = !member.must_wait;
    if (member.must_wait) return;
  }
  Reply reply = reply_to(member);
  reply_failure(context.server, reply, error);
  ++context.server.statistics.of(member.command->number).failed;
}

void Batch::account(ServerState& server, std::chrono::nanoseconds took) const {
  const auto done =
      static_cast<std::size_t>(std::ranges::count(members_, false, &Member::must_wait));
  if (done == 0) return;
  // The same command mostly; each has its share of the time.
  for (auto first = members_.begin(); first != members_.end();) {
    const auto end = std::find_if(first, members_.end(), [&](const Member& member) {
      return member.command != first->command;
    });
    const auto calls = static_cast<std::size_t>(
        std::count_if(first, end, [](const Member& member) { return !member.must_wait; }));
    if (calls != 0)
      count_calls(server, *first->command, calls,
                  took * static_cast<std::int64_t>(calls) / static_cast<std::int64_t>(done));
    first = end;
  }
  note_latency(server, took);
  for (const Member& member : members_)
    if (!member.must_wait)
      log_if_slow(server, *member.command, member.session->client(), member.session->words(), took);
  if (members_.size() < 2) return;
  ++server.statistics.batches;
  server.statistics.batched_requests += done;
}

void ReadBatch::answer(WorkerContext& context, const Member& member,
                       std::optional<std::string_view> value) {
  count_read(context.server, value.has_value());
  Reply reply = reply_to(member);
  member.command->batch.reply(reply, value);
}

void ReadBatch::read_one_by_one(WorkerContext& context) {
  for (Member& member : members_) {
    const auto found = context.database.get(key_of(member), context.value);
    if (!found)
      fail(context, member, found.error());
    else
      answer(context, member,
             *found ? std::optional<std::string_view>(context.value) : std::nullopt);
  }
}

void ReadBatch::read_together(WorkerContext& context) {
  keys_.clear();
  for (const Member& member : members_) keys_.push_back(key_of(member));
  answers_.assign(keys_.size(), {});
  const auto done = context.database.get_all(keys_, [&](std::size_t index, auto value) {
    if (!value) return;
    answers_[index] = {.offset = values_.size(), .length = value->size(), .there = true};
    values_ += *value;
  });
  // Only one by one each key has its own error.
  if (!done) return read_one_by_one(context);
  const std::string_view values = values_;
  for (std::size_t i = 0; i < members_.size(); ++i) {
    const auto& [offset, length, there] = answers_[i];
    answer(context, members_[i],
           there ? std::optional(values.substr(offset, length)) : std::nullopt);
  }
}

void ReadBatch::execute(WorkerContext& context) {
  if (members_.empty()) return;
  const auto began = Clock::now();
  if (members_.size() == 1)
    read_one_by_one(context);
  else
    read_together(context);
  account(context.server, Clock::now() - began);
  shrink(values_, kKeptForValues);
}

void WriteBatch::answer(WorkerContext& context, std::size_t index, const Result<void>& written) {
  answered_[index] = true;
  Member& member = members_[index];
  // After other errors the outcome may be unknown.
  if (written || !is_held_by_others(written.error())) context.server.watches.touch(key_of(member));
  if (!written) return fail(context, member, written.error());
  Reply reply = reply_to(member);
  member.command->batch.reply(reply, std::nullopt);
}

void WriteBatch::execute(WorkerContext& context) {
  if (members_.empty()) return;
  const auto began = Clock::now();
  pairs_.clear();
  for (const Member& member : members_) {
    const Words words = member.session->words();
    pairs_.push_back({.key = words[1], .value = words[2]});
  }
  answered_.assign(pairs_.size(), false);
  const auto rest = pairs_.size() == 1 ? context.database.set(pairs_[0].key, pairs_[0].value)
                                       : context.database.set_all(
                                             pairs_, Database::OnHeld::kContinue,
                                             [&](std::size_t index, const Result<void>& written) {
                                               answer(context, index, written);
                                             });
  for (std::size_t index = 0; index < pairs_.size(); ++index)
    if (!answered_[index]) answer(context, index, rest);
  account(context.server, Clock::now() - began);
}

}  // namespace ipsetkv::server
