// SPDX-License-Identifier: MIT
#include "server/commands/information.h"

#include <fmt/format.h>
#include <malloc.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>
#include <uv.h>

#include <chrono>
#include <cstddef>
#include <fstream>
#include <functional>
#include <utility>
#include <vector>

#include "ipsetkv/version.h"
#include "server/commands/counting.h"
#include "server/exec/command.h"
#include "server/state/server_state.h"

namespace ipsetkv::server {
namespace {

/// Lines of "name:value".
class Lines {
 public:
  template <class Value>
  void add(std::string_view name, const Value& value) {
    text_ += fmt::format("{}:{}\r\n", name, value);
  }
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  std::string text_;
};

std::string human(std::size_t bytes) {
  constexpr std::string_view kUnits = "BKMGT";
  auto number = static_cast<double>(bytes);
  std::size_t unit = 0;
  for (; number >= 1024 && unit + 1 < kUnits.size(); ++unit) number /= 1024;
  return unit == 0 ? fmt::format("{}B", bytes) : fmt::format("{:.2f}{}", number, kUnits[unit]);
}

Result<void> add_server(Lines& lines, ServerState& server, Database& database) {
  (void)database;
  utsname system{};
  uname(&system);
  const auto up = std::chrono::duration_cast<std::chrono::seconds>(
      std::chrono::steady_clock::now() - server.started);
  constexpr std::int64_t kSecondsInDay = 86'400;
  lines.add("redis_version", kRedisVersion);
  lines.add("ipsetkv_version", kVersion);
  lines.add("ipsetkv_store",
            server.options.table.empty() ? "drawers" : "table:" + server.options.table);
  lines.add("redis_mode", "standalone");
  lines.add("os", fmt::format("{} {} {}", system.sysname, system.release, system.machine));
  lines.add("arch_bits", 8 * sizeof(void*));
  lines.add("multiplexing_api", "epoll");
  lines.add("libuv_version", uv_version_string());
  lines.add("process_id", getpid());
  lines.add("run_id", server.run_id);
  lines.add("tcp_port", server.options.addresses.empty() ? 0 : server.options.port);
  lines.add("server_time_usec", std::chrono::duration_cast<std::chrono::microseconds>(
                                    std::chrono::system_clock::now().time_since_epoch())
                                    .count());
  lines.add("uptime_in_seconds", up.count());
  lines.add("uptime_in_days", up.count() / kSecondsInDay);
  lines.add("io_threads_active", server.mailboxes.size() > 1 ? 1 : 0);
  return {};
}

Result<void> add_clients(Lines& lines, ServerState& server, Database& database) {
  (void)database;
  std::size_t longest_in = 0;
  std::size_t longest_out = 0;
  server.clients.for_each([&](const Client& client, Mailbox&) {
    longest_in = std::max(longest_in, client.query_bytes.load());
    longest_out = std::max(longest_out, client.output_bytes.load());
  });
  lines.add("connected_clients", server.clients.size());
  lines.add("maxclients", server.configuration.max_clients.load());
  lines.add("client_recent_max_input_buffer", longest_in);
  lines.add("client_recent_max_output_buffer", longest_out);
  lines.add("blocked_clients", 0);
  return {};
}

std::size_t resident_bytes() {
  std::ifstream file("/proc/self/statm");
  std::size_t pages = 0;
  std::size_t resident = 0;
  file >> pages >> resident;
  return resident * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

Result<void> add_memory(Lines& lines, ServerState& server, Database& database) {
  const std::size_t used = mallinfo2().uordblks;
  const std::size_t resident = resident_bytes();
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto peak = static_cast<std::size_t>(usage.ru_maxrss) * 1024;
  lines.add("used_memory", used);
  lines.add("used_memory_human", human(used));
  lines.add("used_memory_rss", resident);
  lines.add("used_memory_rss_human", human(resident));
  lines.add("used_memory_peak_rss", peak);
  lines.add("used_memory_peak_rss_human", human(peak));
  lines.add("mem_clients_normal", server.clients.bytes.load());
  lines.add("maxmemory", 0);
  lines.add("maxmemory_human", "0B");
  lines.add("maxmemory_policy", "noeviction");
  lines.add("mem_allocator", "libc");
  const auto table = database.table_info();
  if (!table) return tl::unexpected(table.error());
  if (*table) lines.add("ipset_kernel_memory", (*table)->kernel_memory);
  return {};
}

Result<void> add_persistence(Lines& lines, ServerState& server, Database& database) {
  (void)database;
  lines.add("loading", 0);
  lines.add("rdb_changes_since_last_save", 0);
  lines.add("rdb_bgsave_in_progress", 0);
  lines.add("rdb_last_save_time", server.last_save.load());
  lines.add("rdb_last_bgsave_status", "ok");
  lines.add("aof_enabled", 0);
  return {};
}

Result<void> add_stats(Lines& lines, ServerState& server, Database& database) {
  (void)database;
  Statistics& statistics = server.statistics;
  std::uint64_t errors = 0;
  for (const auto& [code, count] : statistics.errors()) errors += count;
  lines.add("total_connections_received", statistics.connections.load());
  lines.add("total_commands_processed", statistics.commands.load());
  lines.add("instantaneous_ops_per_sec", statistics.commands_per_second());
  lines.add("total_net_input_bytes", statistics.bytes_in.load());
  lines.add("total_net_output_bytes", statistics.bytes_out.load());
  lines.add("rejected_connections", statistics.rejected_connections.load());
  lines.add("keyspace_hits", statistics.hits.load());
  lines.add("keyspace_misses", statistics.misses.load());
  lines.add("pubsub_channels", server.channels.channel_count());
  lines.add("pubsub_patterns", server.channels.pattern_count());
  lines.add("total_error_replies", errors);
  lines.add("ipset_batches", statistics.batches.load());
  lines.add("ipset_batched_requests", statistics.batched_requests.load());
  lines.add("ipset_kernel_errors", statistics.kernel_errors.load());
  return {};
}

Result<void> add_replication(Lines& lines, ServerState& server, Database& database) {
  (void)server;
  (void)database;
  lines.add("role", "master");
  lines.add("connected_slaves", 0);
  return {};
}

Result<void> add_cpu(Lines& lines, ServerState& server, Database& database) {
  (void)server;
  (void)database;
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return fmt::format("{}.{:06}", time.tv_sec, time.tv_usec);
  };
  lines.add("used_cpu_sys", seconds(usage.ru_stime));
  lines.add("used_cpu_user", seconds(usage.ru_utime));
  return {};
}

Result<void> add_modules(Lines& lines, ServerState& server, Database& database) {
  (void)lines;
  (void)server;
  (void)database;
  return {};
}

/// Calls `visit` for every command and subcommand.
void for_each_command(const std::function<void(const Command& command)>& visit) {
  for (const Command& command : all_commands()) {
    visit(command);
    for (const Command& inner : command.subcommands) visit(inner);
  }
}

Result<void> add_command_statistics(Lines& lines, ServerState& server, Database& database) {
  (void)database;
  for_each_command([&](const Command& command) {
    const CommandStatistics& of = server.statistics.of(command.number);
    if (of.calls == 0 && of.rejected == 0 && of.failed == 0) return;
    const std::uint64_t calls = of.calls;
    const std::uint64_t microseconds = of.nanoseconds / 1000;
    const double each =
        calls == 0 ? 0 : static_cast<double>(of.nanoseconds) / 1000 / static_cast<double>(calls);
    lines.add("cmdstat_" + command.full_name,
              fmt::format("calls={},usec={},usec_per_call={:.2f},rejected_calls={},failed_calls={}",
                          calls, microseconds, each, of.rejected.load(), of.failed.load()));
  });
  return {};
}

Result<void> add_error_statistics(Lines& lines, ServerState& server, Database& database) {
  (void)database;
  for (const auto& [code, count] : server.statistics.errors())
    lines.add("errorstat_" + code, fmt::format("count={}", count));
  return {};
}

Result<void> add_cluster(Lines& lines, ServerState& server, Database& database) {
  (void)server;
  (void)database;
  lines.add("cluster_enabled", 0);
  return {};
}

Result<void> add_keyspace(Lines& lines, ServerState& server, Database& database) {
  (void)server;
  const auto counts = count_all(database);
  if (!counts) return tl::unexpected(counts.error());
  if (counts->keys != 0)
    lines.add("db0", fmt::format("keys={},expires={},avg_ttl={}", counts->keys, counts->expiring,
                                 counts->average_life_ms));
  return {};
}

struct Section {
  std::string_view name;
  std::string_view title;
  Result<void> (*add)(Lines& lines, ServerState& server, Database& database);
  bool by_default = true;
};

constexpr Section kSections[] = {
    {"server", "Server", add_server},
    {"clients", "Clients", add_clients},
    {"memory", "Memory", add_memory},
    {"persistence", "Persistence", add_persistence},
    {"stats", "Stats", add_stats},
    {"replication", "Replication", add_replication},
    {"cpu", "CPU", add_cpu},
    {"modules", "Modules", add_modules},
    {"commandstats", "Commandstats", add_command_statistics, false},
    {"errorstats", "Errorstats", add_error_statistics},
    {"cluster", "Cluster", add_cluster},
    {"keyspace", "Keyspace", add_keyspace},
};

}  // namespace

Result<std::string> information(ServerState& server, Database& database,
                                const std::set<std::string>& sections) {
  const bool all = sections.contains("all") || sections.contains("everything");
  const bool usual = sections.empty() || sections.contains("default");
  std::string text;
  for (const Section& section : kSections) {
    if (!all && !(usual && section.by_default) && !sections.contains(std::string(section.name)))
      continue;
    Lines lines;
    if (auto added = section.add(lines, server, database); !added)
      return tl::unexpected(added.error());
    if (!text.empty()) text += "\r\n";
    text += fmt::format("# {}\r\n", section.title);
    text += lines.text();
  }
  return text;
}

}  // namespace ipsetkv::server
