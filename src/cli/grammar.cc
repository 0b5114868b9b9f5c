// SPDX-License-Identifier: MIT
#include "cli/grammar.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <initializer_list>
#include <limits>
#include <span>
#include <string_view>
#include <utility>

namespace ipsetkv::cli {
namespace {

// Half of what a moment can be, so that such a time can be added to the present one.
constexpr std::int64_t kLongestMs = std::numeric_limits<std::int64_t>::max() / 2;
constexpr std::int64_t kMsInSecond = 1000;

CLI::App* add_command(CLI::App& app, Arguments& arguments, Command command, const char* name,
                      const char* description) {
  CLI::App* const subcommand = app.add_subcommand(name, description);
  subcommand->callback([&arguments, command] { arguments.command = command; });
  return subcommand;
}

/// The same, for a command whose first word is the key.
CLI::App* add_key_command(CLI::App& app, Arguments& arguments, Command command, const char* name,
                          const char* description) {
  CLI::App* const subcommand = add_command(app, arguments, command, name, description);
  subcommand->add_option("KEY", arguments.key)->required();
  return subcommand;
}

/// One word or more, each as it is. CLI11 takes a word in brackets for a list where any number is
/// allowed; that it waits for more words than there can be means the same without that.
void add_words(CLI::App& command, const char* name, std::vector<std::string>& words) {
  constexpr int kEndless = std::numeric_limits<int>::max();
  command.add_option(name, words)
      ->required()
      ->expected(kEndless)
      ->allow_extra_args(false)
      ->take_all()
      ->option_text("... REQUIRED");
}

template <class Number>
std::optional<Number> number_in(std::string_view word) {
  Number number{};
  const auto parsed = std::from_chars(word.data(), word.data() + word.size(), number);
  if (parsed.ec != std::errc() || parsed.ptr != word.data() + word.size()) return std::nullopt;
  return number;
}

/// A decimal number from `low` to `high`, given to `take`. CLI11 by itself would take 010 for
/// eight.
template <class Number, class Take>
CLI::Option* add_number(CLI::App& command, const char* name, Number low, Number high, Take take,
                        const char* description = "") {
  const auto take_word = [take](const std::string& word) { take(*number_in<Number>(word)); };
  const auto judge = [low, high](const std::string& word) -> std::string {
    const auto number = number_in<Number>(word);
    if (number && *number >= low && *number <= high) return {};
    return word + " is not a decimal number from " + std::to_string(low) + " to " +
           std::to_string(high);
  };
  return command.add_option_function<std::string>(name, take_word, description)
      ->check(judge)
      ->type_name("N");
}

/// A number of any size that its type has.
template <class Number>
CLI::Option* add_number(CLI::App& command, const char* name, Number& number,
                        const char* description = "") {
  using Limits = std::numeric_limits<Number>;
  const auto take = [&number](Number given) { number = given; };
  return add_number(command, name, Limits::min(), Limits::max(), take, description);
}

void exclude_each_other(std::initializer_list<CLI::Option*> options) {
  for (CLI::Option* const one : options)
    for (CLI::Option* const other : options)
      if (one != other) one->excludes(other);
}

CLI::Option* add_expiry(CLI::App& command, Arguments& arguments, const char* name,
                        std::int64_t unit, bool from_now, const char* description) {
  const auto take = [&arguments, unit, from_now](std::int64_t number) {
    arguments.expiry =
        Expiry{.time = std::chrono::milliseconds(number * unit), .from_now = from_now};
  };
  return add_number<std::int64_t>(command, name, 1, kLongestMs / unit, take, description);
}

/// A word and what it stands for.
template <class Value>
using Choice = std::pair<std::string_view, Value>;

/// One of several words; `words` are all of them, as a sentence has them.
template <class Value>
void add_choice(CLI::App& command, const char* name, const std::string& words,
                std::span<const Choice<Value>> choices, Value& chosen, const char* type,
                const std::string& description) {
  const auto find = [choices](std::string_view word) {
    return std::ranges::find(choices, word, &Choice<Value>::first);
  };
  const auto take = [find, &chosen](const std::string& word) { chosen = find(word)->second; };
  const auto judge = [find, choices, words](const std::string& word) -> std::string {
    return find(word) != choices.end() ? "" : word + " is not " + words;
  };
  command.add_option_function<std::string>(name, take, description)->check(judge)->type_name(type);
}

void add_layout(CLI::App& command, Layout& layout) {
  static constexpr Choice<Layout> kLayouts[] = {{"auto", Layout::kAuto},
                                                {"ipv4", Layout::kIpv4},
                                                {"ipv6", Layout::kIpv6},
                                                {"comment", Layout::kComment},
                                                {"counters", Layout::kCounters}};
  const std::string words = "auto, ipv4, ipv6, comment or counters";
  add_choice<Layout>(command, "--layout", words, kLayouts, layout, "LAYOUT",
                     "How the value is stored: " + words);
}

constexpr std::string_view kTablePrefix = "table:";

/// What is wrong with the word for a store; empty if nothing is.
std::string judge_store(const std::string& word) {
  if (word == kTablePrefix) return word + " names no table; say table:NAME";
  if (word == "drawers" || word.starts_with(kTablePrefix)) return {};
  return word + " is no store: drawers, or table:NAME";
}

std::string judge_table(const std::string& word) {
  if (word == kTablePrefix) return word + " names no table; say table:NAME";
  return word.starts_with(kTablePrefix) ? std::string()
                                        : word + " is no table; they are called table:NAME";
}

void describe_set(CLI::App& app, Arguments& arguments) {
  auto* const set = add_key_command(app, arguments, Command::kSet, "set",
                                    "Make VALUE the value of KEY; '-' reads it from standard "
                                    "input, as it does wherever there is a VALUE");
  set->add_option("VALUE", arguments.value)->required();
  SetOptions& options = arguments.set_options;
  exclude_each_other(
      {add_expiry(*set, arguments, "--ex", kMsInSecond, true, "The value is gone after N seconds"),
       add_expiry(*set, arguments, "--px", 1, true, "The same in milliseconds"),
       add_expiry(*set, arguments, "--exat", kMsInSecond, false,
                  "The value is gone N seconds after the epoch"),
       add_expiry(*set, arguments, "--pxat", 1, false, "The same in milliseconds"),
       set->add_flag("--keepttl", options.keep_deadline, "Leave the deadline that KEY has")});
  const auto condition = [&](const char* name, SetOptions::If value, const char* description) {
    return set->add_flag_callback(
        name, [&options, value] { options.condition = value; }, description);
  };
  exclude_each_other({condition("--nx", SetOptions::If::kAbsent, "Only if there is no such key"),
                      condition("--xx", SetOptions::If::kPresent, "Only if there is such a key")});
  set->add_flag("--get", options.return_old, "Write the value of before, as `get` does");
  add_layout(*set, options.layout);
}

void describe_expiry(CLI::App& app, Arguments& arguments) {
  add_key_command(app, arguments, Command::kTtl, "ttl",
                  "Print for how many seconds KEY lives; -1 if for ever");
  add_key_command(app, arguments, Command::kPttl, "pttl", "The same in milliseconds");

  auto* const expire = add_key_command(app, arguments, Command::kExpire, "expire",
                                       "Let KEY be gone after SECONDS; at once if they are none");
  const auto take = [&arguments](std::int64_t seconds) {
    arguments.expiry =
        Expiry{.time = std::chrono::milliseconds(seconds * kMsInSecond), .from_now = true};
  };
  constexpr std::int64_t kLongest = kLongestMs / kMsInSecond;
  add_number<std::int64_t>(*expire, "SECONDS", -kLongest, kLongest, take)->required();
  const auto condition = [&](const char* name, ExpireIf value, const char* description) {
    return expire->add_flag_callback(
        name, [&arguments, value] { arguments.expire_if = value; }, description);
  };
  exclude_each_other(
      {condition("--nx", ExpireIf::kHasNone, "Only if KEY lives for ever"),
       condition("--xx", ExpireIf::kHasOne, "Only if KEY has a deadline"),
       condition("--gt", ExpireIf::kLater, "Only if that is later than the deadline it has"),
       condition("--lt", ExpireIf::kEarlier, "Only if that is earlier")});

  add_key_command(app, arguments, Command::kPersist, "persist", "Let KEY live for ever");
}

void describe_changes(CLI::App& app, Arguments& arguments) {
  auto* const cas =
      add_key_command(app, arguments, Command::kCas, "cas", "Make NEW the value of KEY if OLD is");
  cas->add_option("OLD", arguments.expected)->required();
  cas->add_option("NEW", arguments.value)->required();

  auto* const incr = add_key_command(app, arguments, Command::kIncr, "incr",
                                     "Add N, or 1, to the number in KEY, and print the sum");
  add_number(*incr, "N", arguments.amount);

  auto* const append = add_key_command(app, arguments, Command::kAppend, "append",
                                       "Append VALUE to that of KEY, and print the length");
  append->add_option("VALUE", arguments.value)->required();

  auto* const setrange = add_key_command(
      app, arguments, Command::kSetrange, "setrange",
      "Overwrite the value of KEY with VALUE from byte OFFSET on, and print the length");
  add_number(*setrange, "OFFSET", arguments.offset)->required();
  setrange->add_option("VALUE", arguments.value)->required();

  auto* const rename =
      add_key_command(app, arguments, Command::kRename, "rename", "Give the value of KEY to NEW");
  rename->add_option("NEW", arguments.new_key)->required();
  rename->add_flag("--nx", arguments.only_if_absent, "Only if there is no NEW");

  auto* const copy = add_key_command(app, arguments, Command::kCopy, "copy",
                                     "Give the value of KEY to NEW as well");
  copy->add_option("NEW", arguments.new_key)->required();
  copy->add_flag("--replace", arguments.replace, "Even if there is a NEW");
}

void describe_reads(CLI::App& app, Arguments& arguments) {
  auto* const getrange = add_key_command(
      app, arguments, Command::kGetrange, "getrange",
      "Write the bytes of KEY from FIRST to LAST; negative ones count from the end");
  add_number(*getrange, "FIRST", arguments.first)->required();
  add_number(*getrange, "LAST", arguments.last)->required();

  add_key_command(app, arguments, Command::kStrlen, "strlen", "Print the value's length in bytes");
}

void describe_several(CLI::App& app, Arguments& arguments) {
  add_words(*add_command(app, arguments, Command::kDel, "del", "Remove keys"), "KEY",
            arguments.keys);
  add_words(*add_command(app, arguments, Command::kExists, "exists",
                         "Exit with 0 if all of the keys exist, with 1 if not"),
            "KEY", arguments.keys);
  add_words(*add_command(app, arguments, Command::kMget, "mget",
                         "Print keys and their values, a tab between, unprintable bytes as \\xNN"),
            "KEY", arguments.keys);
  add_words(*add_command(app, arguments, Command::kMset, "mset", "Set keys, one after the other"),
            "KEY VALUE", arguments.pairs);
}

void describe_listings(CLI::App& app, Arguments& arguments) {
  constexpr const char* kNull = "-0,--null";
  constexpr const char* kNullDescription = "End each line with a zero byte, and escape nothing";
  auto* const keys = add_command(app, arguments, Command::kKeys, "keys",
                                 "List the keys that match PATTERN (* ? [a-z] [^a] \\x)");
  keys->add_option("PATTERN", arguments.pattern);
  keys->add_flag(kNull, arguments.null_separated, kNullDescription);

  auto* const scan = add_command(app, arguments, Command::kScan, "scan",
                                 "Print the next cursor, 0 at the end, and a page of keys");
  add_number(*scan, "CURSOR", arguments.cursor);
  scan->add_option("--match", arguments.pattern, "Keys that match PATTERN")->type_name("PATTERN");
  const auto take_count = [&arguments](std::size_t count) { arguments.count = count; };
  add_number<std::size_t>(*scan, "--count", 1, std::numeric_limits<std::size_t>::max(), take_count,
                          "How many sets to look at");
  scan->add_flag(kNull, arguments.null_separated, kNullDescription);

  auto* const info = add_command(app, arguments, Command::kInfo, "info",
                                 "Show how a key, or every key, or a table, is stored");
  info->add_option("KEY", arguments.key);

  auto* const drop =
      add_command(app, arguments, Command::kDrop, "drop", "Remove the table with all its keys");
  drop->add_option("table:NAME", arguments.key)->required()->check(judge_table);
}

void describe_archive(CLI::App& app, Arguments& arguments) {
  auto* const save = add_command(app, arguments, Command::kSave, "save",
                                 "Write all keys to FILE or standard output, as `ipset restore` "
                                 "reads them");
  save->add_option("FILE", arguments.file);

  auto* const restore = add_command(app, arguments, Command::kRestore, "restore",
                                    "Read keys from FILE or standard input; stop at one that "
                                    "exists");
  restore->add_option("FILE", arguments.file);
  auto* const replace =
      restore->add_flag("--replace", arguments.replace, "Replace keys that exist");
  restore->add_flag("--keep", arguments.keep, "Leave keys that exist")->excludes(replace);
}

void describe_get(CLI::App& app, Arguments& arguments) {
  add_key_command(app, arguments, Command::kGet, "get", "Write the value of KEY, byte for byte");
}

void describe_upkeep(CLI::App& app, Arguments& arguments) {
  add_command(app, arguments, Command::kSweep, "sweep",
              "Give back the memory of expired keys and of what dead writers left");
  add_command(app, arguments, Command::kVersion, "version", "Show the version");
}

void add_debug(CLI::App& command, server::DebugFor& whom) {
  const std::string words = "yes, local or no";
  add_choice<server::DebugFor>(
      command, "--enable-debug-command", words, server::kDebugNames, whom, "WHO",
      "Whose DEBUG is carried out: " + words + "; that of local clients if not said");
}

void describe_serve(CLI::App& app, Arguments& arguments) {
  auto* const serve = add_command(app, arguments, Command::kServe, "serve",
                                  "Serve Redis clients, by a unix socket if nothing else is said");
  serve->add_option("--unix", arguments.unix_path, "A unix socket that your user alone may use")
      ->type_name("PATH");
  serve
      ->add_option("--bind", arguments.addresses,
                   "Listen for TCP at an address too; other machines need a password")
      ->type_name("ADDRESS")
      ->allow_extra_args(false);
  constexpr std::uint16_t kHighestPort = 65'535;
  const auto take_port = [&arguments](std::uint16_t port) {
    arguments.port = port;
    arguments.wants_tcp = true;
  };
  add_number<std::uint16_t>(*serve, "--port", 1, kHighestPort, take_port,
                            "For TCP, at the loopback address if none is said; 6379 if not said");
  constexpr unsigned kMostThreads = 64;
  const auto take_threads = [&arguments](unsigned threads) { arguments.threads = threads; };
  add_number<unsigned>(*serve, "--threads", 1, kMostThreads, take_threads,
                       "How many threads serve clients; 1 if not said");
  serve
      ->add_option("--requirepass-file", arguments.password_file,
                   "Clients have to say the password in the first line of FILE")
      ->type_name("FILE");
  add_debug(*serve, arguments.debug);
}

/// Commands that are described together.
struct Group {
  void (*describe)(CLI::App& app, Arguments& arguments);
  std::array<std::string_view, 6> names{};  ///< Followed by empty ones.
};

/// In the order in which help shows them.
constexpr std::array kGroups{
    Group{describe_set, {"set"}},
    Group{describe_get, {"get"}},
    Group{describe_several, {"del", "exists", "mget", "mset"}},
    Group{describe_reads, {"getrange", "strlen"}},
    Group{describe_changes, {"cas", "incr", "append", "setrange", "rename", "copy"}},
    Group{describe_expiry, {"ttl", "pttl", "expire", "persist"}},
    Group{describe_listings, {"keys", "scan", "info", "drop"}},
    Group{describe_archive, {"save", "restore"}},
    Group{describe_serve, {"serve"}},
    Group{describe_upkeep, {"sweep", "version"}},
};

bool has_any(std::span<const char* const> words, std::span<const std::string_view> names) {
  return std::any_of(words.begin(), words.end(), [&](std::string_view word) {
    return !word.empty() && std::find(names.begin(), names.end(), word) != names.end();
  });
}

}  // namespace

void add_store(CLI::App& app, Arguments& arguments) {
  const auto take = [&arguments](const std::string& word) {
    arguments.drawers_only = !word.starts_with(kTablePrefix);
    if (!arguments.drawers_only) arguments.table = word.substr(kTablePrefix.size());
  };
  app.add_option_function<std::string>("--store", take,
                                       "Where the keys are: drawers (one set a key), or table:NAME")
      ->envname("IPSETKV_STORE")
      ->check(judge_store)
      ->type_name("STORE");
}

void find_table(Arguments& arguments) {
  const bool is_drop = arguments.command == Command::kDrop;
  if (!is_drop && arguments.command != Command::kInfo) return;
  if (!arguments.key) {
    arguments.of_table = !arguments.table.empty();
  } else if (is_drop || (!arguments.drawers_only && arguments.key->starts_with(kTablePrefix))) {
    arguments.table = arguments.key->substr(kTablePrefix.size());
    arguments.of_table = true;
  }
}

std::vector<std::string> command_names() {
  std::vector<std::string> names;
  for (const Group& group : kGroups)
    for (const std::string_view name : group.names)
      if (!name.empty()) names.emplace_back(name);
  return names;
}

void describe_commands(CLI::App& app, Arguments& arguments, std::span<const char* const> words) {
  const auto is_named = [&](const Group& group) { return has_any(words, group.names); };
  constexpr std::array<std::string_view, 2> kHelp{"--help", "-h"};
  const bool some = !has_any(words, kHelp) && std::any_of(kGroups.begin(), kGroups.end(), is_named);
  for (const Group& group : kGroups)
    if (!some || is_named(group)) group.describe(app, arguments);
}

bool has_structured_output(Command command) {
  switch (command) {
    case Command::kSet:
    case Command::kGet:
    case Command::kGetrange:
    case Command::kSave:
    case Command::kExpire:
    case Command::kPersist:
    case Command::kCas:
    case Command::kRename:
    case Command::kCopy:
    case Command::kMset:
    case Command::kDrop:
    case Command::kServe:
      return false;
    default:
      return true;
  }
}

}  // namespace ipsetkv::cli
