// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "server/exec/command_flags.h"
#include "server/protocol/reply.h"
#include "server/protocol/words.h"

namespace ipsetkv::server {

class Call;
using Handler = void (*)(Call&);

/// Where the keys are among the words; a last of -1 is the last word. First 0: there is none.
struct KeyWords {
  int first = 0;
  int last = 0;
  int step = 0;
};

/// How a command joins those of other clients in one conversation with the kernel. Only its plain
/// form does, of this many words: the name, the key and, for a write, the value.
struct BatchForm {
  enum class Kind : std::uint8_t { kNone, kRead, kWrite };
  Kind kind = Kind::kNone;
  std::size_t words = 0;
  /// Writes the reply: to a read, with the value or nothing if there is no such key; to a write
  /// that has succeeded.
  void (*reply)(Reply& reply, std::optional<std::string_view> value) = nullptr;
};

/// One command that clients may send.
struct Command {
  std::string_view name;  ///< In lower case.
  int arity;              ///< The number of words with its name; negative: at least so many.
  CommandFlags flags;
  KeyWords keys;
  Handler handler;         ///< Null if only its subcommands do something.
  std::string_view since;  ///< The version of Redis.
  std::string_view summary;
  std::string_view group = {};
  std::vector<Command> subcommands{};
  BatchForm batch{};
  std::size_t number = 0;      ///< Its place among all commands and subcommands.
  std::string full_name = {};  ///< With the container's: "config|get".
};

/// The commands of all families. Implemented above, in commands/families.cc.
[[nodiscard]] std::vector<Command> make_commands();

/// All commands, numbered.
[[nodiscard]] std::span<const Command> all_commands();
/// With all subcommands; each has its `number` below that.
[[nodiscard]] std::size_t command_count();

/// The command of that name in upper or lower case; null if there is none.
[[nodiscard]] const Command* find_command(std::string_view name);
/// The same among the subcommands of `container`.
[[nodiscard]] const Command* find_subcommand(const Command& container, std::string_view name);
/// The command or, as "config|get", the subcommand of that name; null if there is none.
[[nodiscard]] const Command* find_by_full_name(std::string_view name);
[[nodiscard]] bool takes(const Command& command, std::size_t words);

/// Visits the keys among the words of a request that `command` takes.
template <class Visit>
void for_each_key(const Command& command, Words words, Visit visit) {
  const KeyWords where = command.keys;
  if (where.first == 0) return;
  const auto count = static_cast<int>(words.size());
  const int last = where.last < 0 ? count + where.last : where.last;
  for (int index = where.first; index <= last && index < count; index += where.step)
    visit(words[static_cast<std::size_t>(index)]);
}

/// Whether the request names more than one key: other clients are to see it as one step.
[[nodiscard]] bool has_several_keys(const Command& command, Words words);

}  // namespace ipsetkv::server
