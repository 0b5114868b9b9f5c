// SPDX-License-Identifier: MIT

// INFO, CONFIG and other commands about the server itself.

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <csignal>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "server/commands/categories.h"
#include "server/commands/groups.h"
#include "server/commands/help.h"
#include "server/commands/information.h"
#include "server/exec/call.h"
#include "server/protocol/number.h"
#include "server/state/log.h"
#include "server/state/server_state.h"

namespace ipsetkv::server {
namespace {

std::string lower_case(std::string_view word) {
  std::string text(word);
  std::ranges::transform(text, text.begin(), [](char letter) {
    return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
  });
  return text;
}

void info(Call& call) {
  std::set<std::string> sections;
  for (const std::string_view word : call.words.subspan(1)) sections.insert(lower_case(word));
  const auto text = information(call.server, call.database, sections);
  if (!text) return call.fail(text.error());
  call.reply.verbatim(*text);
}

void config_get(Call& call) {
  std::vector<std::pair<std::string, std::string>> found;
  for (const std::string_view pattern : call.words.subspan(2))
    for (auto& each : call.server.configuration.matching(lower_case(pattern)))
      if (std::ranges::find(found, each) == found.end()) found.push_back(std::move(each));
  call.reply.map(found.size());
  for (const auto& [name, value] : found) {
    call.reply.bulk(name);
    call.reply.bulk(value);
  }
}

void config_set(Call& call) {
  Configuration& configuration = call.server.configuration;
  if (call.count() % 2 != 0) return call.wrong_count();
  for (std::size_t at = 2; at < call.count(); at += 2) {
    const std::string name = lower_case(call.word(at));
    if (!configuration.knows(name))
      return call.error("ERR Unknown option or number of arguments for CONFIG SET - '" +
                        std::string(call.word(at)) + "'");
    if (const auto wrong = configuration.check(name, call.word(at + 1)))
      return call.error("ERR CONFIG SET failed (possibly related to argument '" +
                        std::string(call.word(at)) + "') - " + *wrong);
  }
  // Only now that all of them are valid.
  for (std::size_t at = 2; at < call.count(); at += 2)
    configuration.set(lower_case(call.word(at)), call.word(at + 1));
  call.reply.ok();
}

void config_resetstat(Call& call) {
  call.server.statistics.reset();
  call.reply.ok();
}

void config_rewrite(Call& call) { call.error("ERR The server is running without a config file"); }

void config_help(Call& call) {
  reply_help(call, "CONFIG",
             {"GET <pattern>", "    The parameters that match, and their values.", "RESETSTAT",
              "    Counts from zero again what INFO shows.", "SET <directive> <value>",
              "    Changes a parameter until the server ends."});
}

void time(Call& call) {
  constexpr std::int64_t kMillion = 1'000'000;
  const auto now = std::chrono::duration_cast<std::chrono::microseconds>(
                       std::chrono::system_clock::now().time_since_epoch())
                       .count();
  call.reply.array(2);
  call.reply.bulk(std::to_string(now / kMillion));
  call.reply.bulk(std::to_string(now % kMillion));
}

/// Every write that was acknowledged is in the kernel already.
void save(Call& call) {
  call.server.last_save = std::time(nullptr);
  call.reply.ok();
}

void bgsave(Call& call) {
  if (call.count() > 2 || (call.count() == 2 && !call.is(1, "schedule")))
    return call.syntax_error();
  call.server.last_save = std::time(nullptr);
  call.reply.simple("Background saving started");
}

void lastsave(Call& call) { call.reply.integer(call.server.last_save); }

void module_list(Call& call) { call.reply.array(0); }

void module_help(Call& call) {
  reply_help(call, "MODULE", {"LIST", "    None: there are no modules."});
}

void function_list(Call& call) { call.reply.array(0); }

void function_flush(Call& call) {
  if (call.count() > 3)
    return call.error("ERR unknown subcommand or wrong number of arguments for '" +
                      std::string(call.word(1)) + "'. Try FUNCTION HELP.");
  if (call.count() == 3 && !call.is(2, "sync") && !call.is(2, "async"))
    return call.error("ERR FUNCTION FLUSH only supports SYNC|ASYNC option");
  call.reply.ok();
}

void function_help(Call& call) {
  reply_help(call, "FUNCTION",
             {"FLUSH [ASYNC|SYNC]", "    Done: there are no functions.", "LIST", "    None."});
}

void acl_whoami(Call& call) { call.reply.bulk("default"); }

void acl_list(Call& call) {
  call.reply.array(1);
  call.reply.bulk(call.server.password.is_set()
                      ? "user default on sanitize-payload ~* &* +@all"
                      : "user default on nopass sanitize-payload ~* &* +@all");
}

constexpr std::string_view kCategories[] = {"keyspace", "read",       "write",       "string",
                                            "bitmap",   "pubsub",     "admin",       "fast",
                                            "slow",     "connection", "transaction", "dangerous"};

void acl_cat(Call& call) {
  if (call.count() == 2) {
    call.reply.array(std::size(kCategories));
    for (const std::string_view category : kCategories) call.reply.bulk(category);
    return;
  }
  if (call.count() != 3) return call.wrong_count();
  const std::string wanted = lower_case(call.word(2));
  if (std::ranges::find(kCategories, wanted) == std::end(kCategories))
    return call.error("ERR Unknown category '" + std::string(call.word(2)) + "'");
  std::vector<std::string_view> names;
  for (const Command& command : all_commands()) {
    const auto categories = categories_of(command);
    if (std::ranges::find(categories, wanted) != categories.end()) names.push_back(command.name);
  }
  call.reply.array(names.size());
  for (const std::string_view name : names) call.reply.bulk(name);
}

void acl_help(Call& call) {
  reply_help(call, "ACL",
             {"CAT [<category>]", "    The categories of commands, or the commands of one.", "LIST",
              "    The one user.", "WHOAMI", "    Its name."});
}

void debug_sleep(Call& call) {
  const auto seconds = float_in(call.word(2));
  constexpr long double kLongest = 3600;
  if (!seconds || *seconds < 0 || *seconds > kLongest)
    return call.error("ERR value is not a valid float");
  std::this_thread::sleep_for(std::chrono::duration<long double>(*seconds));
  call.reply.ok();
}

void debug_log(Call& call) {
  log(LogLevel::kNotice, "DEBUG LOG: " + std::string(call.word(2)));
  call.reply.ok();
}

void debug_help(Call& call) {
  reply_help(call, "DEBUG",
             {"LOG <message>", "    Writes it to the server's log.", "SLEEP <seconds>",
              "    Lets this connection's thread do nothing for so long; decimals are allowed."});
}

void shutdown(Call& call) {
  bool is_abort = false;
  for (std::size_t at = 1; at < call.count(); ++at) {
    if (call.is(at, "abort"))
      is_abort = true;
    else if (!call.is(at, "nosave") && !call.is(at, "save") && !call.is(at, "now") &&
             !call.is(at, "force"))
      return call.syntax_error();
  }
  if (is_abort) return call.error("ERR No shutdown in progress.");
  log(LogLevel::kNotice, "a client sent SHUTDOWN");
  call.client.close_after_reply = true;
  // What `serve` waits for.
  kill(getpid(), SIGTERM);
}

}  // namespace

std::vector<Command> server_commands() {
  constexpr CommandFlags kAsk = kNoScript | kLoading | kStale;
  constexpr CommandFlags kRule = kAdmin | kNoScript | kLoading | kStale;
  return in_group(
      "server",
      {
          container("acl", "6.0.0", "About the one user",
                    {{"cat", -2, kAsk, kNoKeys, acl_cat, "6.0.0", "Categories of commands"},
                     {"help", 2, kAsk, kNoKeys, acl_help, "6.0.0", "What there is"},
                     {"list", 2, kRule, kNoKeys, acl_list, "6.0.0", "The one user"},
                     {"whoami", 2, kAsk, kNoKeys, acl_whoami, "6.0.0", "The user's name"}}),
          {"bgsave", -1, kAdmin | kNoScript, kNoKeys, bgsave, "1.0.0",
           "Nothing to do: the kernel has it all"},
          container(
              "config", "2.0.0", "About the parameters",
              {{"get", -3, kRule, kNoKeys, config_get, "2.0.0", "Parameters and their values"},
               {"help", 2, kAsk, kNoKeys, config_help, "5.0.0", "What there is"},
               {"resetstat", 2, kRule, kNoKeys, config_resetstat, "2.0.0", "Counts anew"},
               {"rewrite", 2, kRule, kNoKeys, config_rewrite, "2.8.0",
                "An error: there is no file"},
               {"set", -4, kRule, kNoKeys, config_set, "2.0.0", "Changes parameters"}}),
          container(
              "debug", "1.0.0", "For tests",
              {{"help", 2, kRule, kNoKeys, debug_help, "1.0.0", "What there is"},
               {"log", 3, kRule, kNoKeys, debug_log, "1.0.0", "Writes to the log"},
               {"sleep", 3, kRule, kNoKeys, debug_sleep, "1.0.0", "Lets this worker do nothing"}},
              kAdmin | kDebug),
          {"info", -1, kLoading | kStale, kNoKeys, info, "1.0.0", "About the server"},
          {"lastsave", 1, kLoading | kStale | kFast, kNoKeys, lastsave, "1.0.0",
           "When SAVE or BGSAVE was last used"},
          container("module", "4.0.0", "There are no modules",
                    {{"help", 2, kAsk, kNoKeys, module_help, "5.0.0", "What there is"},
                     {"list", 2, kAdmin | kNoScript, kNoKeys, module_list, "4.0.0", "Lists none"}}),
          {"save", 1, kAdmin | kNoScript, kNoKeys, save, "1.0.0",
           "Nothing to do: the kernel has it all"},
          {"shutdown", -1, kRule | kNoMulti, kNoKeys, shutdown, "1.0.0",
           "Ends the server; the keys stay in the kernel"},
          {"time", 1, kLoading | kStale | kFast, kNoKeys, time, "2.6.0", "The server's clock"},
      });
}

std::vector<Command> scripting_commands() {
  return in_group(
      "scripting",
      {
          container(
              "function", "7.0.0", "There are no functions",
              {{"flush", -2, kWrite | kNoScript, kNoKeys, function_flush, "7.0.0", "Removes none"},
               {"help", 2, kNoScript | kLoading | kStale, kNoKeys, function_help, "7.0.0",
                "What there is"},
               {"list", -2, kNoScript, kNoKeys, function_list, "7.0.0", "Lists none"}}),
      });
}

}  // namespace ipsetkv::server
