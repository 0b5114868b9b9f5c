// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "server/state/watches.h"

namespace ipsetkv::server {

struct Command;
struct ServerState;

/// A command that waits for EXEC.
struct QueuedCommand {
  const Command* command;
  std::vector<std::string> words;
};

/// What a client has begun with MULTI and WATCH.
struct Transaction {
  bool is_open = false;    ///< Commands are queued.
  bool is_broken = false;  ///< One of them was rejected.
  std::vector<QueuedCommand> queue;
  std::size_t queue_bytes = 0;
  std::vector<Watch> watches;
};

/// Which replies the client gets, by CLIENT REPLY.
enum class ReplyMode : std::uint8_t { kOn, kOff, kSkipNext };

/// The state of one client beside its connection. The worker that a client belongs to changes it
/// while holding the CommandLock; a worker that holds it exclusively may read all clients.
struct Client {
  using Clock = std::chrono::steady_clock;

  std::uint64_t id = 0;
  unsigned worker = 0;        ///< The number of the worker that it belongs to.
  std::string address;        ///< In the form of CLIENT LIST.
  std::string local_address;  ///< The server's end.
  int descriptor = -1;
  bool is_from_outside = false;  ///< By TCP, from another machine.
  Clock::time_point since = Clock::now();

  std::string name;
  std::string library_name;
  std::string library_version;
  bool authenticated = false;
  ReplyMode reply_mode = ReplyMode::kOn;
  std::string last_command = "NULL";
  bool close_after_reply = false;

  Transaction transaction;

  std::size_t name_bytes = 0;  ///< Of the watched keys, channels and patterns.
  std::set<std::string, std::less<>> channels;
  std::set<std::string, std::less<>> patterns;
  bool is_monitor = false;

  /// Any thread may read these at any time.
  std::atomic<int> protocol{2};
  std::atomic<Clock::rep> last_active{0};
  std::atomic<std::size_t> query_bytes{0};
  std::atomic<std::size_t> output_bytes{0};
  std::atomic<std::size_t> memory{0};  ///< All that is kept for it; a part of Clients::bytes.
  std::atomic<bool> no_evict{false};
  std::atomic<bool> killed{false};

  /// Clients of TCP have a port behind the colon.
  [[nodiscard]] bool is_local() const { return address.ends_with(":0"); }
  [[nodiscard]] std::size_t subscriptions() const { return channels.size() + patterns.size(); }
  /// With RESP2, a client that has subscribed may use few other commands.
  [[nodiscard]] bool only_listens() const { return protocol == 2 && subscriptions() != 0; }
};

/// Ends a client's part in everything that it takes part in: channels, monitoring, a transaction.
void leave_everything(ServerState& server, Client& client);
/// Drops the queued commands and the watched keys.
void leave_transaction(ServerState& server, Client& client);
void unwatch(ServerState& server, Client& client);

/// The memory of a channel, a pattern or a watched key: the name is kept with the client and in the
/// server's list, each with some pointers.
[[nodiscard]] inline std::size_t bytes_of_name(std::string_view name) {
  constexpr std::size_t kBeside = 256;
  return 2 * name.size() + kBeside;
}

constexpr std::string_view kWrongClientName =
    "ERR Client names cannot contain spaces, newlines or special characters.";
/// Whether a client or its library may have this name.
[[nodiscard]] inline bool is_client_name(std::string_view text) {
  return std::ranges::all_of(text, [](char letter) { return letter >= '!' && letter <= '~'; });
}

}  // namespace ipsetkv::server
