// SPDX-License-Identifier: MIT

// MGET, MSET and MSETNX: strings of several keys.

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "server/commands/groups.h"
#include "server/exec/call.h"

namespace ipsetkv::server {
namespace {

using Values = std::vector<std::optional<std::string>>;

/// Reads one by one, with nothing for a set that is no value.
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

/// Reads the pairs of MSET; false, and the error reply, if one is incomplete.
bool take_pairs(Call& call, std::vector<KeyValue>& pairs) {
  if (call.count() % 2 == 0) {
    call.wrong_count();
    return false;
  }
  for (std::size_t at = 1; at < call.count(); at += 2) {
    // Checked before anything is written.
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

}  // namespace

std::vector<Command> string_list_commands() {
  constexpr CommandFlags kPut = kWrite | kDenyOom;
  return in_group(
      "string",
      {
          {"mget", -2, kReadOnly | kFast, kEveryKey, mget, "1.0.0", "The values of keys"},
          {"mset", -3, kPut | kAlone, kEveryOtherWord, mset, "1.0.1", "Gives keys their values"},
          {"msetnx", -3, kPut | kAlone, kEveryOtherWord, msetnx, "1.0.1",
           "The same if there is none of them"},
      });
}

}  // namespace ipsetkv::server
