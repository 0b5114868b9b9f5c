// SPDX-License-Identifier: MIT
#include "cli/table.h"

#include "cli/outcome.h"
#include "cli/presentation.h"
#include "cli/progress.h"
#include "cli/streams.h"

namespace ipsetkv::cli {
namespace {

ExitStatus no_such_table(const std::string& name) {
  write_error("ipsetkv: " + name + ": no such table\n");
  return ExitStatus::kNo;
}

}  // namespace

ExitStatus info_of_table(Store& store, const Arguments& arguments) {
  const auto found = store.table_info();
  if (!found) return fail(found.error());
  if (!*found) return no_such_table(arguments.table);
  return print(arguments.json ? table_as_json(**found) : table_as_lines(**found));
}

ExitStatus drop(Store& store, const Arguments& arguments) {
  Progress progress("removed", true, {}, kSetsUnit);
  const auto dropped = store.drop([&](std::uint64_t done, std::uint64_t all) {
    progress.expect(all);
    progress.reach(done);
  });
  progress.clear();
  if (!dropped) return fail(dropped.error());
  return *dropped ? ExitStatus::kDone : no_such_table(arguments.table);
}

}  // namespace ipsetkv::cli
