// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ipsetkv/error.h"

namespace ipsetkv::server {

/// Whose DEBUG is carried out.
enum class DebugFor : std::uint8_t { kNobody, kLocal, kEverybody };
/// As Redis' enable-debug-command says it.
inline constexpr std::pair<std::string_view, DebugFor> kDebugNames[] = {
    {"yes", DebugFor::kEverybody}, {"local", DebugFor::kLocal}, {"no", DebugFor::kNobody}};

/// What `ipsetkv serve` is asked for.
struct ServeOptions {
  std::string unix_path;               ///< Empty: no unix socket.
  std::vector<std::string> addresses;  ///< For TCP; empty: none.
  std::uint16_t port = 6379;
  std::string table;  ///< Empty: drawers.
  unsigned threads = 1;
  std::string password_file;  ///< Empty: no password.
  std::string network_namespace;
  DebugFor debug = DebugFor::kLocal;
};

/// Where it listens if nothing else is said: a unix socket for the superuser's service, or in
/// XDG_RUNTIME_DIR.
[[nodiscard]] std::string default_unix_path();

/// Serves Redis clients until SIGTERM, SIGINT or SHUTDOWN comes. Sockets that the service manager
/// has opened (sd_listen_fds(3)) come in the place of its own. Writes to standard error what it
/// does, and tells the service manager when it is ready. Errors: those of Store::open; kSystemCall,
/// kPasswordFile.
[[nodiscard]] Result<void> serve(const ServeOptions& options);

}  // namespace ipsetkv::server
