// SPDX-License-Identifier: MIT
#include "keyring_peer.h"

#include <unistd.h>

#include <cstdio>
#include <fstream>

namespace ipsetkv::bench {
namespace {

constexpr std::size_t kMostBytes = 32'767;

// The kernel's charge for a key, in addition to name and value, and for its link in a keyring.
constexpr std::size_t kChargedBytes = 64;

/// The keys and bytes that this user may still allocate.
struct Quota {
  std::size_t keys = 0;
  std::size_t bytes = 0;
};

Quota quota_left() {
  std::ifstream file("/proc/key-users");
  for (std::string line; std::getline(file, line);) {
    unsigned user = 0;
    Quota used;
    Quota most;
    if (std::sscanf(line.c_str(), "%u: %*u %*u/%*u %zu/%zu %zu/%zu", &user, &used.keys, &most.keys,
                    &used.bytes, &most.bytes) == 5 &&
        user == geteuid())
      return {.keys = most.keys - used.keys, .bytes = most.bytes - used.bytes};
  }
  return {};
}

}  // namespace

std::unique_ptr<Home> KeyringHome::start() {
  // Only once in a process: joining another session keyring would lose the keys in this one.
  static const bool joined = keyctl_join_session_keyring(nullptr) >= 0;
  if (!joined) return nullptr;
  const key_serial_t keyring =
      add_key("keyring", "ipsetkv-bench", nullptr, 0, KEY_SPEC_SESSION_KEYRING);
  return keyring < 0 ? nullptr : std::make_unique<KeyringHome>(keyring);
}

KeyringHome::~KeyringHome() {
  (void)keyctl_clear(keyring_);
  (void)keyctl_unlink(keyring_, KEY_SPEC_SESSION_KEYRING);
}

bool KeyringHome::takes(const Task& task) const {
  const std::size_t bytes = task.values[0].size();
  const Quota left = quota_left();
  // A key that is being replaced is briefly charged twice.
  const std::size_t keys = task.keys.size() + 1;
  return bytes <= kMostBytes && keys <= left.keys && keys * (bytes + kChargedBytes) <= left.bytes;
}

std::unique_ptr<Peer> KeyringHome::connect(const Task& task) {
  auto peer = std::make_unique<KeyringPeer>(keyring_, task.values);
  for (const std::string& key : task.keys)
    if (!peer->set(key, 1)) return nullptr;
  return peer;
}

bool KeyringPeer::set(const std::string& key, std::size_t which) {
  const std::string& value = values_[which];
  return add_key("user", key.c_str(), value.data(), value.size(), keyring_) >= 0;
}

bool KeyringPeer::get(const std::string& key, std::string& value) {
  const auto found = static_cast<key_serial_t>(keyctl_search(keyring_, "user", key.c_str(), 0));
  if (found < 0) return false;
  // The length is not known in advance. A read into too small a buffer returns it and copies
  // nothing.
  for (;;) {
    const long length = keyctl_read(found, value.data(), value.size());
    if (length < 0) return false;
    const bool whole = static_cast<std::size_t>(length) <= value.size();
    value.resize(static_cast<std::size_t>(length));
    if (whole) return true;
  }
}

}  // namespace ipsetkv::bench
