// SPDX-License-Identifier: MIT

// Deadlines of keys: EXPIRE, TTL and their like.

#include <algorithm>
#include <optional>
#include <string>

#include "server/commands/expiry_time.h"
#include "server/commands/groups.h"
#include "server/exec/call.h"

namespace ipsetkv::server {
namespace {

constexpr std::int64_t kSecond = 1000;

/// The condition after the time; `condition_of` returns nothing, and the error reply, if its words
/// contradict each other. XX may be combined with GT and LT: it makes a difference only for keys
/// without a deadline.
struct Condition {
  bool has_none = false;
  bool has_one = false;
  bool later = false;
  bool earlier = false;

  [[nodiscard]] bool holds(const std::optional<Deadline>& present, Deadline wanted) const {
    if (has_none && present) return false;
    if (has_one && !present) return false;
    if (later && (!present || wanted <= *present)) return false;
    return !(earlier && present && wanted >= *present);
  }
};

std::optional<Condition> condition_of(Call& call) {
  Condition condition;
  for (std::size_t at = 3; at < call.count(); ++at) {
    if (call.is(at, "nx")) {
      condition.has_none = true;
    } else if (call.is(at, "xx")) {
      condition.has_one = true;
    } else if (call.is(at, "gt")) {
      condition.later = true;
    } else if (call.is(at, "lt")) {
      condition.earlier = true;
    } else {
      call.error("ERR Unsupported option " + std::string(call.word(at)));
      return std::nullopt;
    }
  }
  if (condition.has_none && (condition.has_one || condition.later || condition.earlier)) {
    call.error("ERR NX and XX, GT or LT options at the same time are not compatible");
    return std::nullopt;
  }
  if (condition.later && condition.earlier) {
    call.error("ERR GT and LT options at the same time are not compatible");
    return std::nullopt;
  }
  return condition;
}

void give_deadline(Call& call, TimeKind kind) {
  const auto condition = condition_of(call);
  if (!condition) return;
  const auto number = call.integer(2);
  if (!number) return;
  const auto moment = expiry_of(call, *number, kind);
  if (!moment) return;
  const auto done =
      call.database.update(call.key(), call.value, [&](const Found* found) -> Result<Update> {
        if (found == nullptr || !condition->holds(found->deadline, *moment)) return Update{};
        return Update{.action = Update::Action::kWrite, .value = call.value, .deadline = moment};
      });
  if (!done) return call.fail(done.error());
  if (*done) call.touch(call.key());
  call.reply.integer(*done ? 1 : 0);
}

void expire(Call& call) { give_deadline(call, {.unit_ms = kSecond, .from_now = true}); }
void pexpire(Call& call) { give_deadline(call, {.unit_ms = 1, .from_now = true}); }
void expireat(Call& call) { give_deadline(call, {.unit_ms = kSecond, .from_now = false}); }
void pexpireat(Call& call) { give_deadline(call, {.unit_ms = 1, .from_now = false}); }

void reply_deadline(Call& call, TimeKind kind) {
  constexpr std::int64_t kNoKey = -2;
  constexpr std::int64_t kForEver = -1;
  const auto deadline = call.database.find_deadline(call.key());
  if (!deadline) return call.fail(deadline.error());
  if (!*deadline) return call.reply.integer(kNoKey);
  if (!(*deadline)->deadline) return call.reply.integer(kForEver);
  std::int64_t moment = (*deadline)->deadline->time_since_epoch().count();
  if (kind.from_now) moment = std::max<std::int64_t>(moment - now().time_since_epoch().count(), 0);
  // Redis rounds relative and absolute times alike.
  const std::int64_t half = kind.unit_ms / 2;
  call.reply.integer((moment + half) / kind.unit_ms);
}

void ttl(Call& call) { reply_deadline(call, {.unit_ms = kSecond, .from_now = true}); }
void pttl(Call& call) { reply_deadline(call, {.unit_ms = 1, .from_now = true}); }
void expiretime(Call& call) { reply_deadline(call, {.unit_ms = kSecond, .from_now = false}); }
void pexpiretime(Call& call) { reply_deadline(call, {.unit_ms = 1, .from_now = false}); }

void persist(Call& call) {
  const auto done = call.database.persist(call.key());
  if (!done) return call.fail(done.error());
  if (*done) call.touch(call.key());
  call.reply.integer(*done ? 1 : 0);
}

}  // namespace

std::vector<Command> expiry_commands() {
  constexpr CommandFlags kGive = kWrite | kFast;
  constexpr CommandFlags kTell = kReadOnly | kFast;
  return in_group(
      "generic",
      {
          {"expire", -3, kGive, kOneKey, expire, "1.0.0", "Lets a key end after seconds"},
          {"expireat", -3, kGive, kOneKey, expireat, "1.2.0", "Lets a key end at a second"},
          {"expiretime", 2, kTell, kOneKey, expiretime, "7.0.0", "The second of a key's end"},
          {"persist", 2, kGive, kOneKey, persist, "2.2.0", "Lets a key live for ever"},
          {"pexpire", -3, kGive, kOneKey, pexpire, "2.6.0", "Lets a key end after milliseconds"},
          {"pexpireat", -3, kGive, kOneKey, pexpireat, "2.6.0", "Lets a key end at a millisecond"},
          {"pexpiretime", 2, kTell, kOneKey, pexpiretime, "7.0.0",
           "The millisecond of a key's end"},
          {"pttl", 2, kTell, kOneKey, pttl, "2.6.0", "For how many milliseconds a key lives"},
          {"ttl", 2, kTell, kOneKey, ttl, "1.0.0", "For how many seconds a key lives"},
      });
}

}  // namespace ipsetkv::server
