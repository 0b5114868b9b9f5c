// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ipsetkv::server {

/// Which clients may use DEBUG.
enum class DebugFor : std::uint8_t { kNobody, kLocal, kEverybody };
/// The values of Redis' parameter enable-debug-command.
inline constexpr std::pair<std::string_view, DebugFor> kDebugNames[] = {
    {"yes", DebugFor::kEverybody}, {"local", DebugFor::kLocal}, {"no", DebugFor::kNobody}};

/// The options of `ipsetkv serve`.
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

}  // namespace ipsetkv::server
