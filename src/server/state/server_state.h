// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <ctime>
#include <string>
#include <string_view>

#include "server/state/channels.h"
#include "server/state/clients.h"
#include "server/state/command_lock.h"
#include "server/state/configuration.h"
#include "server/state/mailbox.h"
#include "server/state/password.h"
#include "server/state/pause.h"
#include "server/state/serve_options.h"
#include "server/state/slow_log.h"
#include "server/state/statistics.h"
#include "server/state/watches.h"

namespace ipsetkv::server {

/// The version of Redis whose replies these are.
inline constexpr std::string_view kRedisVersion = "7.0.15";

/// What all workers share. All threads may use all of it.
struct ServerState {
  /// `command_count`: of all commands and subcommands.
  ServerState(ServeOptions serve_options, std::string password_text, std::size_t command_count);

  const ServeOptions options;
  const Password password;
  const std::string run_id;  ///< Random, 40 hexadecimal digits.
  const std::chrono::steady_clock::time_point started = std::chrono::steady_clock::now();

  Configuration configuration;
  Statistics statistics;
  CommandLock command_lock;
  Watches watches;
  Channels channels;
  SlowLog slow_log;
  Clients clients;
  Pause pause;
  Mailboxes mailboxes;
  std::atomic<std::time_t> last_save{std::time(nullptr)};
};

}  // namespace ipsetkv::server
