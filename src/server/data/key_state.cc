// SPDX-License-Identifier: MIT
#include "server/data/key_state.h"

#include <sodium.h>

namespace ipsetkv::server {

Result<KeyState> state_of(Database& database, std::string_view key, std::string& value) {
  const auto found = database.find(key, value);
  if (!found) return tl::unexpected(found.error());
  KeyState state;
  if (!*found) return state;
  state.there = true;
  state.deadline = (*found)->deadline;
  crypto_generichash(state.digest.data(), state.digest.size(),
                     reinterpret_cast<const unsigned char*>(value.data()), value.size(), nullptr,
                     0);
  return state;
}

}  // namespace ipsetkv::server
