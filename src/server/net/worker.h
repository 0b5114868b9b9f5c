// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "server/exec/rounds.h"
#include "server/net/acceptor.h"
#include "server/net/busy_wait.h"
#include "server/net/connection.h"
#include "server/net/event_loop.h"
#include "server/net/inbox.h"
#include "server/state/mailbox.h"
#include "server/state/worker_context.h"

namespace ipsetkv::server {

/// One thread: an event loop, some of the clients, and a Database. It moves bytes; what they mean
/// is known to Rounds.
class Worker final : public Mailbox, private LoopEvents, private ConnectionOwner {
 public:
  /// `listeners`: the sockets to accept clients from. `lock_timeout`: see Rounds. Errors:
  /// kSystemCall.
  [[nodiscard]] static Result<std::unique_ptr<Worker>> open(ServerState& server,
                                                            std::unique_ptr<Database> database,
                                                            const std::vector<int>& listeners,
                                                            std::chrono::milliseconds lock_timeout);
  ~Worker();

  /// Works until `stop`, which any thread may call.
  void run() { loop_.run(); }
  void stop();

  void post(std::uint64_t client, std::shared_ptr<const Message> message) override;
  void append(std::uint64_t client, const Message& message) override;
  void wake() override { loop_.wake(); }

 private:
  Worker(ServerState& server, std::unique_ptr<Database> database,
         std::chrono::milliseconds lock_timeout);

  void on_wakeup() override;
  void on_sockets_checked() override;
  void on_tick() override;
  void on_alarm() override;

  uv_buf_t input_buffer() override;
  void on_input(Connection& connection, std::string_view bytes) override;
  void on_end(Connection& connection) override { rounds_.make_ready(connection); }
  void on_sent(std::size_t bytes) override;
  void on_drained(Connection& connection) override { flush(connection); }
  void on_closing(Connection& connection) override;
  void on_closed(Connection& connection) override;

  void admit(std::unique_ptr<Connection> connection);
  void execute_requests();
  void flush(Connection& connection);
  void account(Connection& connection);
  /// Closes the clients that take most memory, if all of them together take too much.
  void evict_clients();
  void close_idle_clients();
  void take_messages();
  void append_to(Connection& connection, const Message& message);
  /// `client`: an id, or kAllMonitors.
  void close_listeners(std::uint64_t client);

  ServerState& server_;
  std::unique_ptr<Database> database_;
  WorkerContext context_;
  std::vector<char> input_;
  std::unordered_map<std::uint64_t, std::unique_ptr<Connection>> connections_;
  Rounds rounds_;
  BusyWait busy_wait_;
  Client::Clock::time_point ended_pause_{};  ///< The last one after which clients were woken.
  Inbox inbox_;
  EventLoop loop_;
  Acceptor acceptor_;
};

}  // namespace ipsetkv::server
