// SPDX-License-Identifier: MIT
#pragma once

#include <keyutils.h>

#include <memory>
#include <string>

#include "home.h"

namespace ipsetkv::bench {

/// A kernel keyring, linked from a new session keyring of this process.
class KeyringHome : public Home {
 public:
  [[nodiscard]] static std::unique_ptr<Home> start();

  explicit KeyringHome(key_serial_t keyring) : keyring_(keyring) {}
  ~KeyringHome() override;

  /// A key of the type `user` holds at most 32,767 bytes, and users other than root have a small
  /// quota.
  [[nodiscard]] bool takes(const Task& task) const override;
  [[nodiscard]] std::unique_ptr<Peer> connect(const Task& task) override;

 private:
  key_serial_t keyring_;
};

/// Keys of the type `user`, looked up by name in that keyring for each operation.
class KeyringPeer : public Peer {
 public:
  KeyringPeer(key_serial_t keyring, const Values& values) : keyring_(keyring), values_(values) {}

  [[nodiscard]] bool set(const std::string& key, std::size_t which) override;
  [[nodiscard]] bool get(const std::string& key, std::string& value) override;

 private:
  key_serial_t keyring_;
  const Values& values_;
};

}  // namespace ipsetkv::bench
