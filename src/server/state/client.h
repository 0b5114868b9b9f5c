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

#include "server/protocol/request_parser.h"
#include "server/state/watches.h"

namespace ipsetkv::server {

/// A command that waits for EXEC.
struct QueuedCommand {
  const struct Command* command;
  std::vector<std::string> words;
};

/// Whether a client hears an answer.
enum class ReplyMode : std::uint8_t { kOn, kOff, kSkipNext };

/// What the server knows of one client beside its connection. A worker changes its own clients
/// while it has the turn (see turn.h); whoever has the turn alone may look at all of them.
struct Client {
  using Clock = std::chrono::steady_clock;

  std::uint64_t id = 0;
  std::string address;        ///< As CLIENT LIST says it.
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

  /// Of MULTI.
  bool in_transaction = false;
  bool transaction_is_broken = false;  ///< A command of it could not be queued.
  std::vector<QueuedCommand> queue;
  std::size_t queue_bytes = 0;
  std::vector<Watch> watches;

  std::size_t name_bytes = 0;  ///< Of the watched keys, channels and patterns.
  std::set<std::string, std::less<>> channels;
  std::set<std::string, std::less<>> patterns;
  bool is_monitor = false;

  /// These may be looked at by anybody at any time.
  std::atomic<int> protocol{2};
  std::atomic<Clock::rep> last_active{0};
  std::atomic<std::size_t> query_bytes{0};
  std::atomic<std::size_t> output_bytes{0};
  std::atomic<std::size_t> memory{0};  ///< All that is kept for it; a part of Clients::bytes.
  std::atomic<bool> no_evict{false};
  std::atomic<bool> killed{false};

  /// Those of TCP have a port behind the colon.
  [[nodiscard]] bool is_local() const { return address.ends_with(":0"); }
  [[nodiscard]] std::size_t subscriptions() const { return channels.size() + patterns.size(); }
  /// A client of RESP2 that has subscribed can ask for little else.
  [[nodiscard]] bool only_listens() const { return protocol == 2 && subscriptions() != 0; }
};

/// What a channel, a pattern or a watched key takes: the name is kept with the client and in the
/// server's list, each with some pointers.
[[nodiscard]] inline std::size_t bytes_of_name(std::string_view name) {
  constexpr std::size_t kBeside = 256;
  return 2 * name.size() + kBeside;
}

constexpr std::string_view kWrongClientName =
    "ERR Client names cannot contain spaces, newlines or special characters.";
/// Whether a client or its library may be named so.
[[nodiscard]] inline bool is_client_name(std::string_view text) {
  return std::ranges::all_of(text, [](char letter) { return letter >= '!' && letter <= '~'; });
}

}  // namespace ipsetkv::server
