// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "cli/exit_status.h"

namespace ipsetkv::cli {

enum class Command : std::uint8_t {
  kSet,
  kGet,
  kDel,
  kExists,
  kKeys,
  kInfo,
  kSave,
  kRestore,
  kVersion
};

/// What the command line asks for.
struct Arguments {
  Command command = Command::kVersion;
  std::optional<std::string> key;  ///< Of `set` and `get`, and of `info`, where it may be missing.
  std::vector<std::string> keys;   ///< Of `del` and `exists`.
  std::string value;               ///< "-": read it from standard input.
  std::string pattern = "*";
  std::string file = "-";  ///< Of `save` and `restore`; "-": standard output or input.
  bool replace = false;    ///< Of `restore`.
  bool keep = false;       ///< Of `restore`.
  std::string network_namespace;
  bool json = false;
};

/// What to say instead of doing anything: help, or what is wrong with the command line.
struct Answer {
  std::string text;
  ExitStatus status = ExitStatus::kDone;
};

[[nodiscard]] std::variant<Arguments, Answer> parse_arguments(int count, const char* const* words);

}  // namespace ipsetkv::cli
