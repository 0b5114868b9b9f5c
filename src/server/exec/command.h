// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ipsetkv::server {

class Call;
using Words = std::span<const std::string_view>;
using Handler = void (*)(Call&);

/// What COMMAND INFO says of a command, and what the server needs to know of it beforehand.
enum Flag : std::uint32_t {
  kWrite = 1U << 0U,
  kReadOnly = 1U << 1U,
  kDenyOom = 1U << 2U,
  kAdmin = 1U << 3U,
  kPubSub = 1U << 4U,
  kNoScript = 1U << 5U,
  kLoading = 1U << 6U,
  kStale = 1U << 7U,
  kSkipMonitor = 1U << 8U,
  kSkipSlowLog = 1U << 9U,
  kFast = 1U << 10U,
  kNoAuth = 1U << 11U,
  kNoMulti = 1U << 12U,
  /// No other client's command happens meanwhile; not one of Redis' flags, whose commands are all
  /// so.
  kAlone = 1U << 13U,
  /// Done at once inside MULTI as well, instead of being queued.
  kNotQueued = 1U << 14U,
  /// For those alone whom ServeOptions::debug names.
  kDebug = 1U << 15U,
  /// Heard in spite of CLIENT REPLY OFF and SKIP: pushes, and what turns replies on again.
  kAlwaysHeard = 1U << 16U,
};

/// Where the keys are among the words; a last of -1 is the last word. First 0: there is none.
struct KeyWords {
  int first = 0;
  int last = 0;
  int step = 0;
};

/// One command that clients may send.
struct Command {
  std::string_view name;  ///< In lower case.
  int arity;              ///< The number of words, its own among them; negative: at least so many.
  std::uint32_t flags;
  KeyWords keys;
  Handler handler;         ///< Null where it is the subcommand that does something.
  std::string_view since;  ///< The version of Redis.
  std::string_view summary;
  std::string_view group = {};
  std::vector<Command> subcommands{};
  std::size_t number = 0;      ///< Its place among all commands and subcommands.
  std::string full_name = {};  ///< With the container's: "config|get".
};

/// All of them.
[[nodiscard]] std::span<const Command> all_commands();
/// With all subcommands; each has its `number` below that.
[[nodiscard]] std::size_t command_count();

/// The one of that name in upper or lower case; null if there is none.
[[nodiscard]] const Command* find_command(std::string_view name);
/// The same among the subcommands of `container`.
[[nodiscard]] const Command* find_subcommand(const Command& container, std::string_view name);
/// The command or, as "config|get", the subcommand of that name; null if there is none.
[[nodiscard]] const Command* find_by_full_name(std::string_view name);
[[nodiscard]] bool takes(const Command& command, std::size_t words);

/// The categories by which ACL CAT sorts it.
[[nodiscard]] std::vector<std::string> categories_of(const Command& command);

/// The keys among the words of a request that `command` takes.
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

/// Whether two words are the same but for upper and lower case.
[[nodiscard]] bool is_word(std::string_view word, std::string_view lower_case);

}  // namespace ipsetkv::server
