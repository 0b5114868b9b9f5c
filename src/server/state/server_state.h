// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <ctime>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "server/serve.h"
#include "server/state/channels.h"
#include "server/state/clients.h"
#include "server/state/command_lock.h"
#include "server/state/configuration.h"
#include "server/state/pause.h"
#include "server/state/slow_log.h"
#include "server/state/statistics.h"
#include "server/state/watches.h"

namespace ipsetkv::server {

class Worker;

/// The version of Redis whose replies these are.
inline constexpr std::string_view kRedisVersion = "7.0.15";

/// What the workers share. All of it may be used by all threads.
class Server {
 public:
  Server(ServeOptions options, std::string password);
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  ~Server();

  [[nodiscard]] const ServeOptions& options() const { return options_; }
  [[nodiscard]] bool has_password() const { return !password_.empty(); }
  /// Compares in a time that says nothing about the password but perhaps its length.
  [[nodiscard]] bool is_password(std::string_view word) const;
  [[nodiscard]] const std::string& run_id() const { return run_id_; }
  [[nodiscard]] std::chrono::steady_clock::time_point started() const { return started_; }

  /// The number that is given to the worker.
  unsigned add_worker(Worker& worker);
  [[nodiscard]] const std::vector<Worker*>& workers() const { return workers_; }

  /// Gives a message to a client, whichever worker's it is. `from` is the caller's.
  void deliver(const Worker& from, Subscriber who, const std::shared_ptr<const Message>& message);
  /// Shows a request to all who monitor.
  void show_monitors(const Worker& from, const std::string& line);
  /// Notes how long commands took if that is to be noted.
  void note_latency(std::chrono::microseconds took);
  /// Has the workers look at what concerns them: killed clients, a pause that ended.
  void wake_all();

  /// Ends `serve`.
  void stop();

  Configuration configuration;
  Statistics statistics;
  Turn turn;
  Watches watches;
  Channels channels;
  SlowLog slow_log;
  Clients clients;
  Pause pause;
  std::atomic<std::time_t> last_save{std::time(nullptr)};

 private:
  ServeOptions options_;
  std::string password_;
  std::string run_id_;
  std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
  std::vector<Worker*> workers_;
};

}  // namespace ipsetkv::server
