// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "ipsetkv/options.h"
#include "values.h"

namespace ipsetkv::bench {

/// The keys and values to store.
struct Task {
  Layout layout;  ///< kIpv4 or kComment; ignored by contestants that do not use sets.
  const Values& values;
  const Keys& keys;
};

/// A store's client, as benchmarks use it. A new peer has written each of its task's keys, as often
/// as it takes until every later write costs the same; their value is values[1].
class Peer {
 public:
  Peer() = default;
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;
  virtual ~Peer() = default;

  /// Replaces the key's value with values[which], which is not its present one.
  [[nodiscard]] virtual bool set(const std::string& key, std::size_t which) = 0;

  /// Reads the key. A peer that does not decode leaves `value` empty.
  [[nodiscard]] virtual bool get(const std::string& key, std::string& value) = 0;

  /// The same for many keys in one call; false if the peer has no such call. `values` are in the
  /// order of the keys.
  [[nodiscard]] virtual bool set_all(const Keys& /*keys*/, std::size_t /*which*/) { return false; }
  [[nodiscard]] virtual bool get_all(const Keys& /*keys*/, std::vector<std::string>& /*values*/) {
    return false;
  }
};

}  // namespace ipsetkv::bench
