// SPDX-License-Identifier: MIT
#include "cli/reading.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "cli/outcome.h"
#include "cli/presentation.h"
#include "cli/streams.h"
#include "cli/table.h"

namespace ipsetkv::cli {
namespace {

Lines lines_of(const Arguments& arguments) {
  return arguments.null_separated ? Lines::kNullSeparated : Lines::kEscaped;
}

/// Prints what is left of a key's life, in units of so many milliseconds and rounded as Redis does.
ExitStatus print_life(Store& store, const Arguments& arguments, std::int64_t unit) {
  constexpr std::int64_t kForEver = -1;
  const auto found = store.deadline(*arguments.key);
  if (!found) return fail(found.error());
  if (!*found) return no_such_key(*arguments.key);
  const auto deadline = (*found)->deadline;
  if (!deadline) return print_number(kForEver);
  const auto now = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
  const std::int64_t left = std::max<std::int64_t>((*deadline - now).count(), 0);
  return print_number(left / unit + (left % unit * 2 >= unit ? 1 : 0));
}

ExitStatus info_of_all(Store& store, const Arguments& arguments) {
  std::vector<KeyInfo> all;
  const auto visited = store.for_each("*", [&](const KeyInfo& info) { all.push_back(info); });
  if (!visited) return fail(visited.error());
  sort_by_key(all);
  return print(arguments.json ? infos_as_json(all) : infos_as_table(all));
}

/// All keys in one call, whose error is about all of them.
ExitStatus mget_at_once(Store& store, const Arguments& arguments) {
  const std::vector<std::string_view> keys(arguments.keys.begin(), arguments.keys.end());
  Values values;
  for (const std::string& key : arguments.keys) values.emplace_back(key, std::nullopt);
  const auto done =
      store.get_all(keys, [&](std::size_t index, std::optional<std::string_view> value) {
        if (value) values[index].second = *value;
      });
  if (!done) return fail(done.error());
  ExitStatus status = ExitStatus::kDone;
  for (const auto& [key, value] : values)
    if (!value) note(status, arguments.json ? ExitStatus::kNo : no_such_key(key));
  return print(arguments.json ? values_as_json(values) : values_as_lines(values), status);
}

/// The keys of a table as they are met, since there may be more than memory has room for.
ExitStatus keys_of_table(Store& store, const Arguments& arguments) {
  constexpr std::size_t kPieceBytes = std::size_t{64} * 1024;
  KeyPrinter printer(arguments.json, lines_of(arguments));
  std::optional<Error> failure;
  const auto flush = [&](std::size_t least) {
    if (printer.text().size() < least || failure) return;
    if (auto written = write_output(printer.text()); !written) failure = written.error();
    printer.clear();
  };
  const auto visited = store.for_each(arguments.pattern, [&](const KeyInfo& info) {
    printer.add(info.key);
    flush(kPieceBytes);
  });
  if (!visited) return fail(visited.error());
  printer.finish();
  flush(0);
  return failure ? fail(*failure) : ExitStatus::kDone;
}

}  // namespace

ExitStatus get(Store& store, const Arguments& arguments) {
  std::string value;
  const auto found = store.get(*arguments.key, value);
  if (!found) return fail(found.error());
  if (!*found) return no_such_key(*arguments.key);
  return print_value(std::move(value));
}

ExitStatus getrange(Store& store, const Arguments& arguments) {
  auto part = store.get_range(*arguments.key, arguments.first, arguments.last);
  return part ? print_value(*std::move(part)) : fail(part.error());
}

ExitStatus strlen(Store& store, const Arguments& arguments) {
  const auto found = store.info(*arguments.key);
  if (!found) return fail(found.error());
  return print_number(*found ? static_cast<std::int64_t>((*found)->value_bytes) : 0);
}

ExitStatus mget(Store& store, const Arguments& arguments) {
  if (!arguments.table.empty()) return mget_at_once(store, arguments);
  ExitStatus status = ExitStatus::kDone;
  Values values;
  for (const std::string& key : arguments.keys) {
    auto value = store.get(key);
    if (!value)
      note(status, fail(value.error()));
    else if (!*value)
      note(status, arguments.json ? ExitStatus::kNo : no_such_key(key));
    values.emplace_back(key, value ? *std::move(value) : std::nullopt);
  }
  return print(arguments.json ? values_as_json(values) : values_as_lines(values), status);
}

ExitStatus exists(Store& store, const Arguments& arguments) {
  ExitStatus status = ExitStatus::kDone;
  std::vector<std::pair<std::string, bool>> answers;
  for (const std::string& key : arguments.keys) {
    const auto found = store.exists(key);
    if (!found)
      note(status, fail(found.error()));
    else if (!*found)
      note(status, ExitStatus::kNo);
    answers.emplace_back(key, found.value_or(false));
  }
  return arguments.json ? print(flags_as_json(answers), status) : status;
}

ExitStatus ttl(Store& store, const Arguments& arguments) {
  constexpr std::int64_t kMsInSecond = 1000;
  return print_life(store, arguments, kMsInSecond);
}

ExitStatus pttl(Store& store, const Arguments& arguments) {
  return print_life(store, arguments, 1);
}

ExitStatus keys(Store& store, const Arguments& arguments) {
  if (!arguments.table.empty()) return keys_of_table(store, arguments);
  const auto found = store.keys(arguments.pattern);
  if (!found) return fail(found.error());
  return print(arguments.json ? keys_as_json(*found) : keys_as_lines(*found, lines_of(arguments)));
}

ExitStatus scan(Store& store, const Arguments& arguments) {
  const auto page = store.scan(arguments.cursor, arguments.pattern, arguments.count);
  if (!page) return fail(page.error());
  return print(arguments.json ? page_as_json(*page) : page_as_lines(*page, lines_of(arguments)));
}

ExitStatus info(Store& store, const Arguments& arguments) {
  if (arguments.of_table) return info_of_table(store, arguments);
  if (!arguments.key) return info_of_all(store, arguments);
  const auto found = store.info(*arguments.key);
  if (!found) return fail(found.error());
  if (!*found) return no_such_key(*arguments.key);
  return print(arguments.json ? info_as_json(**found) : info_as_lines(**found));
}

}  // namespace ipsetkv::cli
