// SPDX-License-Identifier: MIT

// KEYS, SCAN and RANDOMKEY.

#include <sodium.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <optional>
#include <string>

#include "server/commands/groups.h"
#include "server/exec/call.h"

namespace ipsetkv::server {
namespace {

void keys(Call& call) {
  // Unsorted, as in Redis.
  std::vector<std::string> found;
  const auto done =
      call.database.for_each(call.word(1), [&](const KeyInfo& info) { found.push_back(info.key); });
  if (!done) return call.fail(done.error());
  call.reply.array(found.size());
  for (const std::string& key : found) call.reply.bulk(key);
}

std::optional<std::uint64_t> cursor_in(std::string_view text) {
  std::uint64_t cursor = 0;
  const char* const end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, cursor);
  if (parsed.ec != std::errc() || parsed.ptr != end) return std::nullopt;
  return cursor;
}

void scan(Call& call) {
  const auto cursor = cursor_in(call.word(1));
  if (!cursor) return call.error("ERR invalid cursor");
  std::string_view pattern = "*";
  std::int64_t count = 10;
  bool is_wanted_type = true;
  for (std::size_t at = 2; at < call.count(); at += 2) {
    if (at + 1 >= call.count()) return call.syntax_error();
    if (call.is(at, "match")) {
      pattern = call.word(at + 1);
    } else if (call.is(at, "count")) {
      const auto wanted = call.integer(at + 1);
      if (!wanted) return;
      if (*wanted < 1) return call.syntax_error();
      count = *wanted;
    } else if (call.is(at, "type")) {
      is_wanted_type = call.is(at + 1, "string");
    } else {
      return call.syntax_error();
    }
  }
  const auto page = call.database.scan(*cursor, pattern, static_cast<std::size_t>(count));
  if (!page) return call.fail(page.error());
  call.reply.array(2);
  call.reply.bulk(std::to_string(page->next_cursor));
  call.reply.array(is_wanted_type ? page->keys.size() : 0);
  if (is_wanted_type)
    for (const std::string& key : page->keys) call.reply.bulk(key);
}

/// Every key is equally likely to be chosen (reservoir sampling).
/// All keys are read.
void randomkey(Call& call) {
  std::optional<std::string> chosen;
  std::uint32_t met = 0;
  const auto done = call.database.for_each("*", [&](const KeyInfo& info) {
    if (randombytes_uniform(++met) == 0) chosen = info.key;
  });
  if (!done) return call.fail(done.error());
  if (chosen)
    call.reply.bulk(*chosen);
  else
    call.reply.null();
}

}  // namespace

std::vector<Command> listing_commands() {
  return in_group(
      "generic",
      {
          {"keys", 2, kReadOnly, kNoKeys, keys, "1.0.0", "The keys that match a pattern"},
          {"randomkey", 1, kReadOnly, kNoKeys, randomkey, "1.0.0", "One of the keys"},
          {"scan", -2, kReadOnly, kNoKeys, scan, "2.8.0", "The keys, a page at a time"},
      });
}

}  // namespace ipsetkv::server
