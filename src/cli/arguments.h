// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "cli/exit_status.h"
#include "ipsetkv/options.h"
#include "server/serve.h"

namespace ipsetkv::cli {

enum class Command : std::uint8_t {
  kSet,
  kGet,
  kDel,
  kExists,
  kTtl,
  kPttl,
  kExpire,
  kPersist,
  kCas,
  kIncr,
  kAppend,
  kSetrange,
  kGetrange,
  kStrlen,
  kRename,
  kCopy,
  kMget,
  kMset,
  kKeys,
  kScan,
  kInfo,
  kDrop,
  kSave,
  kRestore,
  kSweep,
  kServe,
  kVersion
};

/// A moment as the command line gives it. What counts from now begins to count when the whole value
/// is there.
struct Expiry {
  std::chrono::milliseconds time{};
  bool from_now = false;
};

/// What the command line asks for. Each command uses the members that its words fill.
struct Arguments {
  Command command = Command::kVersion;
  std::optional<std::string> key;  ///< Missing only where `info` asks for all of them.
  std::vector<std::string> keys;   ///< Of the commands for several keys.
  std::vector<std::string> pairs;  ///< Of `mset`: key, value, key, value.
  std::string value;
  std::string expected;  ///< Of `cas`: OLD.
  std::string new_key;   ///< Of `rename` and `copy`.
  std::string pattern = "*";

  SetOptions set_options;        ///< But for the moment, which is `expiry`.
  std::optional<Expiry> expiry;  ///< Of `set` and `expire`.
  ExpireIf expire_if = ExpireIf::kAlways;
  bool only_if_absent = false;  ///< Of `rename`.
  bool replace = false;         ///< Of `copy` and `restore`.
  bool keep = false;            ///< Of `restore`.
  std::string file = "-";       ///< Of `save` and `restore`; "-": standard output or input.

  std::int64_t amount = 1;   ///< Of `incr`.
  std::uint64_t offset = 0;  ///< Of `setrange`.
  std::int64_t first = 0;    ///< Of `getrange`, as is `last`.
  std::int64_t last = 0;
  std::uint64_t cursor = 0;  ///< Of `scan`, as is `count`.
  std::size_t count = 10;

  std::vector<std::string> addresses;  ///< Of `serve`, as are the next ones: for TCP.
  std::string unix_path;
  std::uint16_t port = 6379;
  bool wants_tcp = false;  ///< Somebody has said a port.
  unsigned threads = 1;
  std::string password_file;
  server::DebugFor debug = server::DebugFor::kLocal;

  std::string network_namespace;
  std::string table;          ///< Empty: drawers.
  bool drawers_only = false;  ///< Somebody has said so.
  bool of_table = false;      ///< `info` is asked for the table, and not for a key.
  bool json = false;
  bool null_separated = false;  ///< Of `keys` and `scan`.
};

/// What to say instead of doing anything: help, or what is wrong with the command line.
struct Answer {
  std::string text;
  ExitStatus status = ExitStatus::kDone;
};

[[nodiscard]] std::variant<Arguments, Answer> parse_arguments(int count, const char* const* words);

/// The value that is to be read from standard input, which "-" stands for; null if there is none.
[[nodiscard]] std::string* value_from_input(Arguments& arguments);

}  // namespace ipsetkv::cli
