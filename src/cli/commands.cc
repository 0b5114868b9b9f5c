// SPDX-License-Identifier: MIT
#include "cli/commands.h"

#include <string>
#include <utility>

#include "cli/archive.h"
#include "cli/outcome.h"
#include "cli/presentation.h"
#include "cli/reading.h"
#include "cli/serve.h"
#include "cli/streams.h"
#include "cli/table.h"
#include "cli/writing.h"
#include "ipsetkv/store.h"

namespace ipsetkv::cli {
namespace {

using Run = ExitStatus (*)(Store&, const Arguments&);

/// What carries out a command; null for the one that needs no store.
Run runner_of(Command command) {
  switch (command) {
    case Command::kSet:
      return set;
    case Command::kGet:
      return get;
    case Command::kDel:
      return del;
    case Command::kExists:
      return exists;
    case Command::kTtl:
      return ttl;
    case Command::kPttl:
      return pttl;
    case Command::kExpire:
      return expire;
    case Command::kPersist:
      return persist;
    case Command::kCas:
      return cas;
    case Command::kIncr:
      return incr;
    case Command::kAppend:
      return append;
    case Command::kSetrange:
      return setrange;
    case Command::kGetrange:
      return getrange;
    case Command::kStrlen:
      return strlen;
    case Command::kRename:
      return rename;
    case Command::kCopy:
      return copy;
    case Command::kMget:
      return mget;
    case Command::kMset:
      return mset;
    case Command::kKeys:
      return keys;
    case Command::kScan:
      return scan;
    case Command::kInfo:
      return info;
    case Command::kDrop:
      return drop;
    case Command::kSave:
      return save;
    case Command::kRestore:
      return restore;
    case Command::kSweep:
      return sweep;
    case Command::kServe:
    case Command::kVersion:
      break;
  }
  return nullptr;
}

/// The longest value that is worth reading.
std::size_t value_limit(const Arguments& arguments) {
  switch (arguments.set_options.layout) {
    case Layout::kIpv4:
      return kMaxIpv4Bytes;
    case Layout::kIpv6:
      return kMaxIpv6Bytes;
    case Layout::kCounters:
      return kMaxCountersBytes;
    case Layout::kAuto:
    case Layout::kComment:
      break;
  }
  return kMaxValueBytes;
}

}  // namespace

ExitStatus run_command(Arguments arguments) {
  if (arguments.command == Command::kVersion) return print(version_text(arguments.json));
  if (arguments.command == Command::kServe) return serve(arguments);

  // The value is complete before the kernel is asked for anything.
  if (std::string* const value = value_from_input(arguments); value != nullptr) {
    auto input = read_input(value_limit(arguments));
    if (!input) return fail(input.error());
    *value = *std::move(input);
  }
  auto store =
      Store::open({.network_namespace = arguments.network_namespace, .table = arguments.table});
  if (!store) return fail(store.error());
  return runner_of(arguments.command)(*store, arguments);
}

}  // namespace ipsetkv::cli
