// SPDX-License-Identifier: MIT
#include "cli/commands.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/archive.h"
#include "cli/outcome.h"
#include "cli/presentation.h"
#include "cli/streams.h"
#include "ipsetkv/store.h"

namespace ipsetkv::cli {
namespace {

ExitStatus no_such_key(std::string_view key) {
  write_error("ipsetkv: " + std::string(key) +
              ": no such key; `ipsetkv keys` lists those there are\n");
  return ExitStatus::kNoSuchKey;
}

/// The status for several keys: an error outweighs a missing key, and the first error counts.
void note(ExitStatus& whole, ExitStatus one) {
  if (whole == ExitStatus::kDone || (whole == ExitStatus::kNoSuchKey && one != ExitStatus::kDone))
    whole = one;
}

ExitStatus set(Store& store, const std::string& key, std::string_view value) {
  const auto done = store.set(key, value);
  return done ? ExitStatus::kDone : fail(done.error());
}

ExitStatus get(Store& store, const std::string& key) {
  std::string value;
  const auto found = store.get(key, value);
  if (!found) return fail(found.error());
  if (!*found) return no_such_key(key);
  if (output_is_terminal()) value += '\n';
  return print(value);
}

ExitStatus del(Store& store, const Arguments& arguments) {
  ExitStatus status = ExitStatus::kDone;
  std::vector<std::pair<std::string, bool>> answers;
  for (const std::string& key : arguments.keys) {
    const auto deleted = store.del(key);
    if (!deleted)
      note(status, fail(deleted.error()));
    else if (!*deleted)
      note(status, arguments.json ? ExitStatus::kNoSuchKey : no_such_key(key));
    answers.emplace_back(key, deleted.value_or(false));
  }
  return arguments.json ? print(flags_as_json(answers), status) : status;
}

ExitStatus exists(Store& store, const Arguments& arguments) {
  ExitStatus status = ExitStatus::kDone;
  std::vector<std::pair<std::string, bool>> answers;
  for (const std::string& key : arguments.keys) {
    const auto found = store.exists(key);
    if (!found)
      note(status, fail(found.error()));
    else if (!*found)
      note(status, ExitStatus::kNoSuchKey);
    answers.emplace_back(key, found.value_or(false));
  }
  return arguments.json ? print(flags_as_json(answers), status) : status;
}

ExitStatus keys(Store& store, const Arguments& arguments) {
  const auto found = store.keys(arguments.pattern);
  if (!found) return fail(found.error());
  return print(arguments.json ? keys_as_json(*found) : keys_as_lines(*found));
}

ExitStatus info_of_all(Store& store, const Arguments& arguments) {
  std::vector<KeyInfo> all;
  const auto visited = store.for_each("*", [&](const KeyInfo& info) { all.push_back(info); });
  if (!visited) return fail(visited.error());
  sort_by_key(all);
  return print(arguments.json ? infos_as_json(all) : infos_as_table(all));
}

ExitStatus info(Store& store, const Arguments& arguments) {
  if (!arguments.key) return info_of_all(store, arguments);
  const auto found = store.info(*arguments.key);
  if (!found) return fail(found.error());
  if (!*found) return no_such_key(*arguments.key);
  return print(arguments.json ? info_as_json(**found) : info_as_lines(**found));
}

ExitStatus run_in_store(Store& store, const Arguments& arguments) {
  switch (arguments.command) {
    case Command::kSet:
      return set(store, *arguments.key, arguments.value);
    case Command::kGet:
      return get(store, *arguments.key);
    case Command::kDel:
      return del(store, arguments);
    case Command::kExists:
      return exists(store, arguments);
    case Command::kKeys:
      return keys(store, arguments);
    case Command::kInfo:
      return info(store, arguments);
    case Command::kSave:
      return save(store, arguments);
    case Command::kRestore:
      return restore(store, arguments);
    case Command::kVersion:
      break;
  }
  return ExitStatus::kUsage;
}

}  // namespace

ExitStatus run_command(const Arguments& arguments) {
  if (arguments.command == Command::kVersion) return print(version_text(arguments.json));

  // The value is complete before the kernel is asked for anything.
  Arguments ready = arguments;
  if (arguments.command == Command::kSet && arguments.value == "-") {
    auto input = read_input(kMaxValueBytes);
    if (!input) return fail(input.error());
    ready.value = *std::move(input);
  }
  auto store = Store::open({.network_namespace = arguments.network_namespace});
  if (!store) return fail(store.error());
  return run_in_store(*store, ready);
}

}  // namespace ipsetkv::cli
