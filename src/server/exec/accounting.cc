// SPDX-License-Identifier: MIT
#include "server/exec/accounting.h"

#include "server/protocol/error_reply.h"

namespace ipsetkv::server {

void count_calls(ServerState& server, const Command& command, std::size_t calls,
                 std::chrono::nanoseconds took) {
  server.statistics.count(command.number, calls, took);
}

void note_latency(ServerState& server, std::chrono::nanoseconds took) {
  const std::int64_t threshold = server.configuration.latency_threshold;
  const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(took).count();
  if (threshold != 0 && milliseconds >= threshold)
    server.statistics.note_latency("command", milliseconds);
}

void log_if_slow(ServerState& server, const Command& command, const Client& client, Words words,
                 std::chrono::nanoseconds took) {
  const auto microseconds = std::chrono::duration_cast<std::chrono::microseconds>(took);
  const std::int64_t limit = server.configuration.slowlog_slower_than;
  if (limit < 0 || microseconds.count() < limit || command.flags.has(RedisFlag::kSkipSlowLog))
    return;
  const auto most = static_cast<std::size_t>(server.configuration.slowlog_max_length.load());
  server.slow_log.add(client, words, microseconds, most);
}

void count_read(ServerState& server, bool there) {
  ++(there ? server.statistics.hits : server.statistics.misses);
}

void reply_error(ServerState& server, Reply& reply, std::string_view text) {
  reply.error(text);
  server.statistics.count_error(code_of(text));
}

void reply_failure(ServerState& server, Reply& reply, const Error& error) {
  if (error.category() == ErrorCategory::kKernel) ++server.statistics.kernel_errors;
  reply_error(server, reply, reply_text(error));
}

}  // namespace ipsetkv::server
