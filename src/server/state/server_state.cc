// SPDX-License-Identifier: MIT
#include "server/state/server_state.h"

#include <sodium.h>

#include <array>
#include <utility>

namespace ipsetkv::server {
namespace {

std::string random_id() {
  std::array<unsigned char, 20> bytes{};
  randombytes_buf(bytes.data(), bytes.size());
  std::array<char, 2 * bytes.size() + 1> text{};
  sodium_bin2hex(text.data(), text.size(), bytes.data(), bytes.size());
  return text.data();
}

}  // namespace

ServerState::ServerState(ServeOptions serve_options, std::string password_text,
                         std::size_t command_count)
    : options(std::move(serve_options)),
      password(std::move(password_text)),
      run_id(random_id()),
      configuration(options),
      statistics(command_count),
      command_lock(options.threads > 1) {}

}  // namespace ipsetkv::server
