// SPDX-License-Identifier: MIT

// Commands on keys, whatever their values are.

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "server/commands/counting.h"
#include "server/commands/groups.h"
#include "server/commands/help.h"
#include "server/exec/call.h"
#include "server/protocol/number.h"
#include "server/state/server_state.h"

namespace ipsetkv::server {
namespace {

void del(Call& call) {
  std::vector<std::string_view> keys(call.words.begin() + 1, call.words.end());
  std::int64_t count = 0;
  for (;;) {
    std::vector<bool> is_tried(keys.size());
    const auto done = call.database.del_all(keys, [&](std::size_t index, bool deleted) {
      is_tried[index] = true;
      if (!deleted) return;
      call.touch(keys[index]);
      ++count;
    });
    if (done) return call.reply.integer(count);
    // The count would be wrong if the request began again.
    if (count != 0) call.note_effect();
    if (count == 0 || !is_held_by_others(done.error()) || !call.attempt.wait_in_place())
      return call.fail(done.error());
    std::vector<std::string_view> rest;
    for (std::size_t index = 0; index < keys.size(); ++index)
      if (!is_tried[index]) rest.push_back(keys[index]);
    keys = std::move(rest);
  }
}

void exists(Call& call) {
  std::int64_t count = 0;
  for (const std::string_view key : call.words.subspan(1)) {
    const auto there = call.database.exists(key);
    if (!there) return call.fail(there.error());
    if (*there) ++count;
  }
  call.reply.integer(count);
}

void type(Call& call) {
  const auto there = call.database.exists(call.key());
  if (!there) return call.fail(there.error());
  call.reply.simple(*there ? "string" : "none");
}

constexpr std::string_view kNoKey = "ERR no such key";

/// Renames the first key to the second; nothing, and the error reply, if that fails.
std::optional<bool> rename(Call& call, bool only_if_absent) {
  const std::string_view new_key = call.word(2);
  if (call.key() == new_key) {
    const auto there = call.database.exists(new_key);
    if (!there) call.fail(there.error());
    if (there && !*there) call.error(kNoKey);
    if (!there || !*there) return std::nullopt;
    return !only_if_absent;
  }
  const auto done = call.database.rename(call.key(), new_key, only_if_absent);
  if (!done) {
    // The new key may be there already, so RENAMENX must not be executed again.
    if (only_if_absent && done.error().code == ErrorCode::kBusy) call.note_effect();
    call.fail(done.error());
    return std::nullopt;
  }
  if (*done) {
    call.touch(call.key());
    call.touch(new_key);
    return true;
  }
  if (!only_if_absent) {
    call.error(kNoKey);
    return std::nullopt;
  }
  // Either there is no such key, or the new one exists.
  const auto there = call.database.exists(call.key());
  if (!there) call.fail(there.error());
  if (there && !*there) call.error(kNoKey);
  if (!there || !*there) return std::nullopt;
  return false;
}

void rename_key(Call& call) {
  if (rename(call, false)) call.reply.ok();
}

void renamenx(Call& call) {
  if (const auto done = rename(call, true)) call.reply.integer(*done ? 1 : 0);
}

void copy(Call& call) {
  bool replace = false;
  for (std::size_t at = 3; at < call.count(); ++at) {
    if (call.is(at, "replace")) {
      replace = true;
    } else if (call.is(at, "db") && at + 1 < call.count()) {
      const auto number = call.integer(++at);
      if (!number) return;
      if (*number != 0) return call.error("ERR DB index is out of range");
    } else {
      return call.syntax_error();
    }
  }
  if (call.key() == call.word(2))
    return call.error("ERR source and destination objects are the same");
  const auto done = call.database.copy(call.key(), call.word(2), replace);
  if (!done) return call.fail(done.error());
  if (*done) call.touch(call.word(2));
  call.reply.integer(*done ? 1 : 0);
}

void object_encoding(Call& call) {
  const auto info = call.database.info(call.word(2));
  if (!info) return call.fail(info.error());
  if (!*info) return call.reply.null();
  std::string encoding = (*info)->layout;
  std::ranges::replace(encoding, ' ', '-');
  call.reply.bulk(encoding);
}

/// Whether the key exists; otherwise replies null, or the error.
bool is_there(Call& call, std::string_view key) {
  const auto there = call.database.exists(key);
  if (!there) call.fail(there.error());
  if (there && !*there) call.reply.null();
  return there && *there;
}

void object_refcount(Call& call) {
  // The kernel's.
  if (is_there(call, call.word(2))) call.reply.integer(1);
}

void object_idletime(Call& call) {
  if (is_there(call, call.word(2)))
    call.error("ERR the kernel does not keep when a key was last used");
}

void object_freq(Call& call) {
  if (is_there(call, call.word(2)))
    call.error(
        "ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please note "
        "that when switching between policies at runtime LRU and LFU data will take some time to "
        "adjust.");
}

void object_help(Call& call) {
  reply_help(call, "OBJECT",
             {"ENCODING <key>", "    The layout of the value in its set.", "FREQ <key>",
              "    Not kept: an error.", "IDLETIME <key>", "    Not kept: an error.",
              "REFCOUNT <key>", "    1."});
}

void memory_usage(Call& call) {
  if (call.count() == 5) {
    if (!call.is(3, "samples")) return call.syntax_error();
    if (!call.integer(4)) return;
  } else if (call.count() != 3) {
    return call.syntax_error();
  }
  const auto info = call.database.info(call.word(2));
  if (!info) return call.fail(info.error());
  if (!*info) return call.reply.null();
  call.reply.integer(static_cast<std::int64_t>((*info)->kernel_memory));
}

void memory_help(Call& call) {
  reply_help(call, "MEMORY",
             {"USAGE <key> [SAMPLES <count>]",
              "    What the kernel says that the key's set, or its element, takes, in bytes."});
}

void flush(Call& call) {
  if (call.count() > 2 || (call.count() == 2 && !call.is(1, "sync") && !call.is(1, "async")))
    return call.syntax_error();
  // They change even if it fails half-way.
  for (const std::string& key : call.server.watches.keys())
    if (call.database.exists(key).value_or(true)) call.touch(key);
  auto done = call.database.clear();
  while (!done && is_held_by_others(done.error()) && call.attempt.wait_in_place())
    done = call.database.clear();
  if (done) return call.reply.ok();
  // Some keys are gone: other clients must not see that while the request is put aside.
  call.note_effect();
  call.fail(done.error());
}

void dbsize(Call& call) {
  const auto count = count_keys(call.database);
  if (!count) return call.fail(count.error());
  call.reply.integer(static_cast<std::int64_t>(*count));
}

}  // namespace

std::vector<Command> key_commands() {
  return in_group(
      "generic",
      {
          {"copy", -3, kWrite | kDenyOom, kTwoKeys, copy, "6.2.0",
           "Gives a value to another key too"},
          {"del", -2, kWrite, kEveryKey, del, "1.0.0", "Removes keys"},
          {"exists", -2, kReadOnly | kFast, kEveryKey, exists, "1.0.0",
           "How many of the keys exist"},
          container("object", "2.2.3", "About the stored form of keys",
                    {{"encoding", 3, kReadOnly, kSecondWord, object_encoding, "2.2.3",
                      "The layout of a value"},
                     {"freq", 3, kReadOnly, kSecondWord, object_freq, "4.0.0", "Not kept"},
                     {"help", 2, kLoading | kStale, kNoKeys, object_help, "6.2.0", "What there is"},
                     {"idletime", 3, kReadOnly, kSecondWord, object_idletime, "2.2.3", "Not kept"},
                     {"refcount", 3, kReadOnly, kSecondWord, object_refcount, "2.2.3", "1"}}),
          {"rename", 3, kWrite, kTwoKeys, rename_key, "1.0.0", "Gives a value to another key"},
          {"renamenx", 3, kWrite | kFast, kTwoKeys, renamenx, "1.0.0",
           "The same if that is not there"},
          {"touch", -2, kReadOnly | kFast, kEveryKey, exists, "3.2.1",
           "How many of the keys exist"},
          {"type", 2, kReadOnly | kFast, kOneKey, type, "1.0.0", "string, or none"},
          {"unlink", -2, kWrite | kFast, kEveryKey, del, "4.0.0", "Removes keys"},
      });
}

std::vector<Command> keyspace_commands() {
  return in_group(
      "server",
      {
          {"dbsize", 1, kReadOnly | kFast, kNoKeys, dbsize, "1.0.0", "How many keys there are"},
          {"flushall", -1, kWrite | kAlone, kNoKeys, flush, "1.0.0",
           "Removes all keys of the store"},
          {"flushdb", -1, kWrite | kAlone, kNoKeys, flush, "1.0.0",
           "Removes all keys of the store"},
          container("memory", "4.0.0", "About the memory of keys",
                    {{"help", 2, kLoading | kStale, kNoKeys, memory_help, "4.0.0", "What there is"},
                     {"usage", -3, kReadOnly, kSecondWord, memory_usage, "4.0.0",
                      "The kernel memory of a key"}}),
      });
}

}  // namespace ipsetkv::server
