// SPDX-License-Identifier: MIT
#include "cli/writing.h"

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "cli/outcome.h"
#include "cli/presentation.h"

namespace ipsetkv::cli {
namespace {

Deadline deadline_of(Expiry expiry) {
  const auto now = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
  return expiry.from_now ? now + expiry.time : Deadline(expiry.time);
}

ExitStatus tell_number(const Result<std::uint64_t>& number) {
  return number ? print_number(static_cast<std::int64_t>(*number)) : fail(number.error());
}

/// The status of a change that happens or does not, and in the latter case for `reason`.
ExitStatus tell(const Result<bool>& done, std::string_view key, std::string_view reason) {
  if (!done) return fail(done.error());
  return *done ? ExitStatus::kDone : say_no(key, reason);
}

/// What `set --get` answers is what `get` would have: whether there was a value, and which. Whether
/// a new one was stored follows from that and the condition.
ExitStatus tell_old(const Arguments& arguments, SetResult done) {
  if (done.old) return print_value(*std::move(done.old));
  return say_no(*arguments.key, done.written ? "there was no such key; there is now"
                                             : "no such key; --xx stores nothing then");
}

/// All keys in one call, whose error is about all of them.
ExitStatus del_at_once(Store& store, const Arguments& arguments) {
  const std::vector<std::string_view> keys(arguments.keys.begin(), arguments.keys.end());
  std::vector<std::pair<std::string, bool>> answers;
  for (const std::string& key : arguments.keys) answers.emplace_back(key, false);
  const auto done = store.del_all(
      keys, [&](std::size_t index, bool deleted) { answers[index].second = deleted; });
  if (!done) return fail(done.error());
  ExitStatus status = ExitStatus::kDone;
  for (const auto& [key, deleted] : answers)
    if (!deleted) note(status, arguments.json ? ExitStatus::kNo : no_such_key(key));
  return arguments.json ? print(flags_as_json(answers), status) : status;
}

}  // namespace

ExitStatus set(Store& store, const Arguments& arguments) {
  SetOptions options = arguments.set_options;
  if (arguments.expiry) options.expire_at = deadline_of(*arguments.expiry);
  auto done = store.set(*arguments.key, arguments.value, options);
  if (!done) return fail(done.error());
  if (options.return_old) return tell_old(arguments, *std::move(done));
  if (done->written) return ExitStatus::kDone;
  return say_no(*arguments.key, options.condition == SetOptions::If::kAbsent
                                    ? "there is such a key; --nx leaves it as it is"
                                    : "no such key; --xx stores nothing then");
}

ExitStatus mset(Store& store, const Arguments& arguments) {
  std::vector<KeyValue> pairs;
  for (std::size_t index = 0; index + 1 < arguments.pairs.size(); index += 2)
    pairs.push_back({.key = arguments.pairs[index], .value = arguments.pairs[index + 1]});
  const auto done = store.set_all(pairs);
  return done ? ExitStatus::kDone : fail(done.error());
}

ExitStatus cas(Store& store, const Arguments& arguments) {
  return tell(store.compare_and_set(*arguments.key, arguments.expected, arguments.value),
              *arguments.key, "the value is not OLD, or there is no such key; nothing was changed");
}

ExitStatus incr(Store& store, const Arguments& arguments) {
  const auto sum = store.increment(*arguments.key, arguments.amount);
  return sum ? print_number(*sum) : fail(sum.error());
}

ExitStatus append(Store& store, const Arguments& arguments) {
  return tell_number(store.append(*arguments.key, arguments.value));
}

ExitStatus setrange(Store& store, const Arguments& arguments) {
  return tell_number(store.set_range(*arguments.key, arguments.offset, arguments.value));
}

ExitStatus expire(Store& store, const Arguments& arguments) {
  const auto deadline = deadline_of(*arguments.expiry);
  const auto done = store.expire(*arguments.key, deadline, arguments.expire_if);
  if (done && !*done && arguments.expire_if == ExpireIf::kAlways)
    return no_such_key(*arguments.key);
  return tell(done, *arguments.key,
              "no such key, or the condition does not hold; its life is as it was");
}

ExitStatus persist(Store& store, const Arguments& arguments) {
  return tell(store.persist(*arguments.key), *arguments.key,
              "no such key, or it lives for ever already");
}

ExitStatus rename(Store& store, const Arguments& arguments) {
  const auto done = store.rename(*arguments.key, arguments.new_key, arguments.only_if_absent);
  if (done && !*done && !arguments.only_if_absent) return no_such_key(*arguments.key);
  return tell(done, *arguments.key, "no such key, or there is a NEW; --nx leaves both then");
}

ExitStatus copy(Store& store, const Arguments& arguments) {
  const auto done = store.copy(*arguments.key, arguments.new_key, arguments.replace);
  if (done && !*done && arguments.replace) return no_such_key(*arguments.key);
  return tell(done, *arguments.key, "no such key, or there is a NEW, which takes --replace");
}

ExitStatus del(Store& store, const Arguments& arguments) {
  if (!arguments.table.empty()) return del_at_once(store, arguments);
  ExitStatus status = ExitStatus::kDone;
  std::vector<std::pair<std::string, bool>> answers;
  for (const std::string& key : arguments.keys) {
    const auto deleted = store.del(key);
    if (!deleted)
      note(status, fail(deleted.error()));
    else if (!*deleted)
      note(status, arguments.json ? ExitStatus::kNo : no_such_key(key));
    answers.emplace_back(key, deleted.value_or(false));
  }
  return arguments.json ? print(flags_as_json(answers), status) : status;
}

ExitStatus sweep(Store& store, const Arguments& arguments) {
  const auto swept = store.sweep();
  if (!swept) return fail(swept.error());
  return print(arguments.json ? swept_as_json(*swept) : swept_as_lines(*swept));
}

}  // namespace ipsetkv::cli
