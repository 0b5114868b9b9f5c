// SPDX-License-Identifier: MIT

// GET, SET and other commands that read and write values.

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <string>

#include "server/commands/expiry_time.h"
#include "server/commands/groups.h"
#include "server/exec/call.h"
#include "server/protocol/number.h"
#include "server/state/server_state.h"

namespace ipsetkv::server {
namespace {

void reply_value(Call& call, bool there) {
  if (there)
    call.reply.bulk(call.value);
  else
    call.reply.null();
}

/// The replies to reads in a batch.
void reply_to_get(Reply& reply, std::optional<std::string_view> value) {
  if (value)
    reply.bulk(*value);
  else
    reply.null();
}
void reply_to_strlen(Reply& reply, std::optional<std::string_view> value) {
  reply.integer(value ? static_cast<std::int64_t>(value->size()) : 0);
}

void get(Call& call) {
  if (const auto there = call.read(call.key())) reply_value(call, *there);
}

/// The deadline of the number at this place, which follows a word for its kind.
std::optional<Deadline> moment_at(Call& call, std::size_t place) {
  return positive_expiry(call, place, *time_kind(call.word(place - 1)));
}

/// SET's options; nothing, and the error reply, if they are wrong. The time's number is checked
/// after all of them, as in Redis.
std::optional<SetOptions> set_options(Call& call) {
  SetOptions options;
  std::optional<std::size_t> moment;  // The place of the number.
  for (std::size_t at = 3; at < call.count(); ++at) {
    const bool is_last = at + 1 == call.count();
    if (call.is(at, "nx") && options.condition != SetOptions::If::kPresent) {
      options.condition = SetOptions::If::kAbsent;
    } else if (call.is(at, "xx") && options.condition != SetOptions::If::kAbsent) {
      options.condition = SetOptions::If::kPresent;
    } else if (call.is(at, "get")) {
      options.return_old = true;
    } else if (call.is(at, "keepttl") && !moment) {
      options.keep_deadline = true;
    } else if (time_kind(call.word(at)) && !moment && !options.keep_deadline && !is_last) {
      moment = ++at;
    } else {
      call.syntax_error();
      return std::nullopt;
    }
  }
  if (!moment) return options;
  options.expire_at = moment_at(call, *moment);
  if (!options.expire_at) return std::nullopt;
  return options;
}

void set(Call& call) {
  const auto options = set_options(call);
  if (!options) return;
  const auto done = call.database.set(call.key(), call.word(2), *options);
  if (!done) return call.fail(done.error());
  if (done->written) call.touch(call.key());
  if (options->return_old) {
    if (done->old)
      call.reply.bulk(*done->old);
    else
      call.reply.null();
  } else if (done->written) {
    call.reply.ok();
  } else {
    call.reply.null();
  }
}

void setnx(Call& call) {
  const auto done =
      call.database.set(call.key(), call.word(2), SetOptions{.condition = SetOptions::If::kAbsent});
  if (!done) return call.fail(done.error());
  if (done->written) call.touch(call.key());
  call.reply.integer(done->written ? 1 : 0);
}

void set_until(Call& call, TimeKind kind) {
  const auto moment = positive_expiry(call, 2, kind);
  if (!moment) return;
  const auto done = call.database.set(call.key(), call.word(3), SetOptions{.expire_at = moment});
  if (!done) return call.fail(done.error());
  call.touch(call.key());
  call.reply.ok();
}

void setex(Call& call) { set_until(call, {.unit_ms = 1000, .from_now = true}); }
void psetex(Call& call) { set_until(call, {.unit_ms = 1, .from_now = true}); }

void getset(Call& call) {
  const auto done = call.database.set(call.key(), call.word(2), SetOptions{.return_old = true});
  if (!done) return call.fail(done.error());
  call.touch(call.key());
  if (done->old)
    call.reply.bulk(*done->old);
  else
    call.reply.null();
}

void getdel(Call& call) {
  bool there = false;
  const auto done =
      call.database.update(call.key(), call.value, [&](const Found* found) -> Result<Update> {
        there = found != nullptr;
        return Update{.action = Update::Action::kRemove};
      });
  if (!done) return call.fail(done.error());
  if (there) call.touch(call.key());
  reply_value(call, there);
}

/// GETEX's options.
struct GetexOptions {
  bool persist = false;
  std::optional<std::size_t> moment;  ///< The place of the number.
};

std::optional<GetexOptions> getex_options(Call& call) {
  GetexOptions options;
  for (std::size_t at = 2; at < call.count(); ++at) {
    const bool is_last = at + 1 == call.count();
    if (call.is(at, "persist") && !options.moment) {
      options.persist = true;
    } else if (time_kind(call.word(at)) && !options.moment && !options.persist && !is_last) {
      options.moment = ++at;
    } else {
      call.syntax_error();
      return std::nullopt;
    }
  }
  return options;
}

void getex(Call& call) {
  const auto options = getex_options(call);
  if (!options) return;
  if (!options->moment && !options->persist) return get(call);
  bool there = false;
  std::optional<Deadline> moment;
  const auto done =
      call.database.update(call.key(), call.value, [&](const Found* found) -> Result<Update> {
        there = found != nullptr;
        // Redis checks the number only if the key exists.
        if (there && options->moment && !moment && !call.has_failed())
          moment = moment_at(call, *options->moment);
        if (!there || call.has_failed() || (options->persist && !found->deadline)) return Update{};
        return Update{.action = Update::Action::kWrite, .value = call.value, .deadline = moment};
      });
  if (!done) return call.fail(done.error());
  call.count_read(there);
  if (call.has_failed()) return;
  if (*done) call.touch(call.key());
  reply_value(call, there);
}

void append(Call& call) {
  const auto length = call.database.append(call.key(), call.word(2));
  if (!length) return call.fail(length.error());
  call.touch(call.key());
  call.reply.integer(static_cast<std::int64_t>(*length));
}

void strlen(Call& call) {
  if (const auto there = call.read(call.key()))
    call.reply.integer(*there ? static_cast<std::int64_t>(call.value.size()) : 0);
}

void getrange(Call& call) {
  const auto first = call.integer(2);
  if (!first) return;
  const auto last = call.integer(3);
  if (!last) return;
  const auto part = call.database.get_range(call.key(), *first, *last);
  if (!part) return call.fail(part.error());
  call.reply.bulk(*part);
}

void setrange(Call& call) {
  const auto offset = call.integer(2);
  if (!offset) return;
  if (*offset < 0) return call.error("ERR offset is out of range");
  const std::string_view part = call.word(3);
  // Nothing is written, so any offset is valid.
  if (part.empty()) return strlen(call);
  const auto length =
      call.database.set_range(call.key(), static_cast<std::uint64_t>(*offset), part);
  if (!length) return call.fail(length.error());
  call.touch(call.key());
  call.reply.integer(static_cast<std::int64_t>(*length));
}

void add(Call& call, std::int64_t amount) {
  auto sum = call.database.increment(call.key(), amount);
  while (!sum && sum.error().code == ErrorCode::kNotANumber) {
    // The database has one error for a wrong value and for a sum that is too large.
    const auto there = call.database.get(call.key(), call.value);
    if (!there) break;
    const auto number = *there ? integer_in(call.value) : std::optional<std::int64_t>(0);
    if (!number) break;
    std::int64_t unused = 0;
    if (__builtin_add_overflow(*number, amount, &unused))
      return call.error("ERR increment or decrement would overflow");
    // Another writer has changed the value since.
    sum = call.database.increment(call.key(), amount);
  }
  if (!sum) return call.fail(sum.error());
  call.touch(call.key());
  call.reply.integer(*sum);
}

void incr(Call& call) { add(call, 1); }
void decr(Call& call) { add(call, -1); }

void incrby(Call& call) {
  if (const auto amount = call.integer(2)) add(call, *amount);
}

void decrby(Call& call) {
  const auto amount = call.integer(2);
  if (!amount) return;
  if (*amount == std::numeric_limits<std::int64_t>::min())
    return call.error("ERR decrement would overflow");
  add(call, -*amount);
}

void incrbyfloat(Call& call) {
  const auto amount = float_in(call.word(2));
  if (!amount) return call.error("ERR value is not a valid float");
  std::string text;
  std::string_view wrong;
  const auto done =
      call.database.update(call.key(), call.value, [&](const Found* found) -> Result<Update> {
        wrong = {};
        const auto number = found == nullptr ? std::optional<long double>(0) : float_in(call.value);
        if (!number) {
          wrong = "ERR value is not a valid float";
          return Update{};
        }
        const long double sum = *number + *amount;
        if (std::isnan(sum) || std::isinf(sum)) {
          wrong = "ERR increment would produce NaN or Infinity";
          return Update{};
        }
        text = float_text(sum);
        return Update{.action = Update::Action::kWrite,
                      .value = text,
                      .deadline = found == nullptr ? std::nullopt : found->deadline};
      });
  if (!done) return call.fail(done.error());
  if (!wrong.empty()) return call.error(wrong);
  call.touch(call.key());
  call.reply.bulk(text);
}

constexpr CommandFlags kPut = kWrite | kDenyOom;

}  // namespace

std::vector<Command> string_commands() {
  return in_group(
      "string",
      {
          {"append", 3, kPut | kFast, kOneKey, append, "2.0.0", "Appends to a value"},
          {"decr", 2, kPut | kFast, kOneKey, decr, "1.0.0", "Takes one from a number"},
          {"decrby", 3, kPut | kFast, kOneKey, decrby, "1.0.0", "Takes from a number"},
          batchable_read({"get", 2, kReadOnly | kFast, kOneKey, get, "1.0.0", "The value of a key"},
                         reply_to_get),
          {"getdel", 2, kWrite | kFast, kOneKey, getdel, "6.2.0",
           "The value of a key, which is removed"},
          {"getex", -2, kWrite | kFast, kOneKey, getex, "6.2.0",
           "The value of a key, which gets or loses its deadline"},
          {"getrange", 4, kReadOnly, kOneKey, getrange, "2.4.0", "A part of a value"},
          {"getset", 3, kPut | kFast, kOneKey, getset, "1.0.0",
           "The old value of a key that gets a new one"},
          {"incr", 2, kPut | kFast, kOneKey, incr, "1.0.0", "Adds one to a number"},
          {"incrby", 3, kPut | kFast, kOneKey, incrby, "1.0.0", "Adds to a number"},
          {"incrbyfloat", 3, kPut | kFast, kOneKey, incrbyfloat, "2.6.0",
           "Adds to a number with a fraction"},
          {"psetex", 4, kPut, kOneKey, psetex, "2.6.0",
           "Gives a key a value for some milliseconds"},
          batchable_write({"set", -3, kPut, kOneKey, set, "1.0.0", "Gives a key its value"}),
          {"setex", 4, kPut, kOneKey, setex, "2.0.0", "Gives a key a value for some seconds"},
          {"setnx", 3, kPut | kFast, kOneKey, setnx, "1.0.0",
           "Gives a key its value if there is none"},
          {"setrange", 4, kPut, kOneKey, setrange, "2.2.0", "Overwrites a part of a value"},
          batchable_read(
              {"strlen", 2, kReadOnly | kFast, kOneKey, strlen, "2.2.0", "The length of a value"},
              reply_to_strlen),
          {"substr", 4, kReadOnly, kOneKey, getrange, "1.0.0", "A part of a value"},
      });
}

}  // namespace ipsetkv::server
