// SPDX-License-Identifier: MIT

// GET, SET and what else reads and writes values.

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

/// The moment that the number at this place says, behind a word for its kind.
std::optional<Deadline> moment_at(Call& call, std::size_t place) {
  return positive_expiry(call, place, *time_kind(call.word(place - 1)));
}

/// What SET's words ask for; nothing, and the error reply, if they are wrong. Whether the moment is
/// a number is looked at behind all of them, as Redis does.
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

/// What GETEX's words ask for.
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
        // Redis looks at the number only where there is a key.
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

using Values = std::vector<std::optional<std::string>>;

/// One by one, with none for a set that is no value.
Result<void> read_singly(Call& call, Words keys, Values& values) {
  for (std::size_t index = 0; index < keys.size(); ++index) {
    const auto there = call.database.get(keys[index], call.value);
    if (there && *there)
      values[index] = call.value;
    else if (!there && there.error().code != ErrorCode::kNotAValue)
      return tl::unexpected(there.error());
  }
  return {};
}

void mget(Call& call) {
  const Words keys = call.words.subspan(1);
  Values values(keys.size());
  auto done = call.database.get_all(keys, [&](std::size_t index, auto value) {
    if (value) values[index] = std::string(*value);
  });
  if (!done && done.error().code == ErrorCode::kNotAValue) done = read_singly(call, keys, values);
  if (!done) return call.fail(done.error());
  call.reply.array(values.size());
  for (const auto& value : values) {
    call.count_read(value.has_value());
    if (value)
      call.reply.bulk(*value);
    else
      call.reply.null();
  }
}

/// The pairs of MSET; false, and the error reply, where one is half.
bool take_pairs(Call& call, std::vector<KeyValue>& pairs) {
  if (call.count() % 2 == 0) {
    call.wrong_count();
    return false;
  }
  for (std::size_t at = 1; at < call.count(); at += 2) {
    // Before anything is written.
    if (const auto good = call.database.check_key(call.word(at)); !good) {
      call.fail(good.error());
      return false;
    }
    pairs.push_back({.key = call.word(at), .value = call.word(at + 1)});
  }
  return true;
}

/// Writes the pairs and removes those that are written from `pairs`, whatever the result is.
Result<void> write_pairs(Call& call, std::vector<KeyValue>& pairs) {
  Result<void> first;
  std::vector<bool> is_written(pairs.size());
  const auto done = call.database.set_all(pairs, Database::OnHeld::kStop,
                                          [&](std::size_t index, const Result<void>& written) {
                                            is_written[index] = written.has_value();
                                            if (!written && first) first = written;
                                          });
  if (first) first = done;
  const bool is_held = !first && is_held_by_others(first.error());
  std::vector<KeyValue> rest;
  for (std::size_t index = 0; index < pairs.size(); ++index) {
    // After other errors the outcome may be unknown.
    if (is_written[index] || !is_held) call.touch(pairs[index].key);
    if (!is_written[index]) rest.push_back(pairs[index]);
  }
  pairs = std::move(rest);
  return first;
}

/// Writes all pairs, or replies with the error.
bool set_all(Call& call, std::vector<KeyValue>& pairs) {
  const std::size_t all = pairs.size();
  for (;;) {
    const auto written = write_pairs(call, pairs);
    if (written) return true;
    const bool has_effect = pairs.size() != all || !is_held_by_others(written.error());
    if (has_effect) call.note_effect();
    if (!has_effect || !is_held_by_others(written.error()) || !call.attempt.wait_in_place()) {
      call.fail(written.error());
      return false;
    }
  }
}

void mset(Call& call) {
  std::vector<KeyValue> pairs;
  if (take_pairs(call, pairs) && set_all(call, pairs)) call.reply.ok();
}

void msetnx(Call& call) {
  std::vector<KeyValue> pairs;
  if (!take_pairs(call, pairs)) return;
  for (const KeyValue& pair : pairs) {
    const auto there = call.database.exists(pair.key);
    if (!there) return call.fail(there.error());
    if (*there) return call.reply.integer(0);
  }
  if (set_all(call, pairs)) call.reply.integer(1);
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
  // Nothing is written, so the offset may be any.
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
    // The store does not tell a wrong value from a sum that is too large.
    const auto there = call.database.get(call.key(), call.value);
    if (!there) break;
    const auto number = *there ? integer_in(call.value) : std::optional<std::int64_t>(0);
    if (!number) break;
    std::int64_t unused = 0;
    if (__builtin_add_overflow(*number, amount, &unused))
      return call.error("ERR increment or decrement would overflow");
    // Somebody has given it another value since.
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
          {"mget", -2, kReadOnly | kFast, kEveryKey, mget, "1.0.0", "The values of keys"},
          {"mset", -3, kPut | kAlone, kEveryOtherWord, mset, "1.0.1", "Gives keys their values"},
          {"msetnx", -3, kPut | kAlone, kEveryOtherWord, msetnx, "1.0.1",
           "The same if there is none of them"},
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
