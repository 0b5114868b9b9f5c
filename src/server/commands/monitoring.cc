// SPDX-License-Identifier: MIT

// SLOWLOG, LATENCY and MONITOR.

#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "server/commands/groups.h"
#include "server/commands/help.h"
#include "server/exec/call.h"
#include "server/protocol/number.h"
#include "server/state/server_state.h"

namespace ipsetkv::server {
namespace {

void slowlog_get(Call& call) {
  std::int64_t count = 10;
  if (call.count() > 3) return call.wrong_count();
  if (call.count() == 3) {
    const auto wanted = integer_in(call.word(2));
    if (!wanted || *wanted < -1)
      return call.error("ERR count should be greater than or equal to -1");
    count = *wanted == -1 ? std::numeric_limits<std::int64_t>::max() : *wanted;
  }
  const auto commands = call.server.slow_log.latest(static_cast<std::size_t>(count));
  call.reply.array(commands.size());
  for (const SlowCommand& command : commands) {
    call.reply.array(6);
    call.reply.integer(static_cast<std::int64_t>(command.id));
    call.reply.integer(command.when);
    call.reply.integer(command.microseconds);
    call.reply.array(command.words.size());
    for (const std::string& word : command.words) call.reply.bulk(word);
    call.reply.bulk(command.address);
    call.reply.bulk(command.name);
  }
}

void slowlog_len(Call& call) {
  call.reply.integer(static_cast<std::int64_t>(call.server.slow_log.size()));
}

void slowlog_reset(Call& call) {
  call.server.slow_log.clear();
  call.reply.ok();
}

void slowlog_help(Call& call) {
  reply_help(call, "SLOWLOG",
             {"GET [<count>]", "    The last commands that took long.", "LEN",
              "    How many there are.", "RESET", "    Forgets them."});
}

void latency_latest(Call& call) {
  const auto events = call.server.statistics.latencies();
  call.reply.array(events.size());
  for (const auto& [name, event] : events) {
    call.reply.array(4);
    call.reply.bulk(name);
    call.reply.integer(event.when);
    call.reply.integer(event.latest_ms);
    call.reply.integer(event.longest_ms);
  }
}

/// Replies with the number of calls that took up to 1, 2, 4, ... microseconds.
void reply_histogram(Call& call, const CommandStatistics& statistics) {
  std::vector<std::pair<std::int64_t, std::uint64_t>> steps;
  std::uint64_t total = 0;
  for (std::size_t step = 0; step < CommandStatistics::kSteps; ++step) {
    const std::uint64_t here = statistics.took[step];
    total += here;
    if (here != 0) steps.emplace_back(std::int64_t{1} << step, total);
  }
  call.reply.map(2);
  call.reply.bulk("calls");
  call.reply.integer(static_cast<std::int64_t>(statistics.calls));
  call.reply.bulk("histogram_usec");
  call.reply.map(steps.size());
  for (const auto& [limit, count] : steps) {
    call.reply.integer(limit);
    call.reply.integer(static_cast<std::int64_t>(count));
  }
}

void latency_histogram(Call& call) {
  std::vector<const Command*> commands;
  const auto take = [&](const Command& command) {
    if (call.server.statistics.of(command.number).calls != 0) commands.push_back(&command);
  };
  const auto take_all = [&](const Command& command) {
    take(command);
    for (const Command& inner : command.subcommands) take(inner);
  };
  if (call.count() == 2)
    for (const Command& command : all_commands()) take_all(command);
  for (const std::string_view name : call.words.subspan(2))
    if (const Command* const command = find_by_full_name(name)) take_all(*command);
  call.reply.map(commands.size());
  for (const Command* const command : commands) {
    call.reply.bulk(command->full_name);
    reply_histogram(call, call.server.statistics.of(command->number));
  }
}

void latency_reset(Call& call) {
  std::size_t count = 0;
  if (call.count() == 2) count = call.server.statistics.forget_latencies({});
  for (const std::string_view event : call.words.subspan(2))
    count += call.server.statistics.forget_latencies(std::string(event));
  call.reply.integer(static_cast<std::int64_t>(count));
}

void latency_help(Call& call) {
  reply_help(call, "LATENCY",
             {"HISTOGRAM [COMMAND ...]", "    How long commands took.", "LATEST",
              "    What took longer than latency-monitor-threshold.", "RESET [EVENT ...]",
              "    Forgets that."});
}

void monitor(Call& call) {
  if (!call.client.is_monitor) ++call.server.clients.monitors;
  call.client.is_monitor = true;
  call.reply.ok();
}

}  // namespace

std::vector<Command> monitoring_commands() {
  constexpr CommandFlags kRule = kAdmin | kNoScript | kLoading | kStale;
  return in_group(
      "server",
      {
          container(
              "latency", "2.8.13", "About what took long",
              {{"help", 2, kLoading | kStale, kNoKeys, latency_help, "2.8.13", "What there is"},
               {"histogram", -2, kRule, kNoKeys, latency_histogram, "7.0.0",
                "How long commands took"},
               {"latest", 2, kRule, kNoKeys, latency_latest, "2.8.13", "The latest slow events"},
               {"reset", -2, kRule, kNoKeys, latency_reset, "2.8.13", "Forgets them"}}),
          {"monitor", 1, kRule | kNoMulti, kNoKeys, monitor, "1.0.0", "Shows all requests"},
          container(
              "slowlog", "2.2.12", "About slow commands",
              {{"get", -2, kAdmin | kLoading | kStale, kNoKeys, slowlog_get, "2.2.12",
                "The last slow commands"},
               {"help", 2, kLoading | kStale, kNoKeys, slowlog_help, "6.2.0", "What there is"},
               {"len", 2, kAdmin | kLoading | kStale, kNoKeys, slowlog_len, "2.2.12",
                "How many there are"},
               {"reset", 2, kAdmin | kLoading | kStale, kNoKeys, slowlog_reset, "2.2.12",
                "Forgets them"}}),
      });
}

}  // namespace ipsetkv::server
