// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "ipsetkv/options.h"
#include "values.h"

namespace ipsetkv::bench {

/// What is to be kept, and how.
struct Task {
  Layout layout;  ///< kIpv4 or kComment; of concern to those that keep values in sets.
  const Values& values;
  const Keys& keys;
};

/// One way of keeping values, as the benchmark sees it. A new peer has already written its task's
/// keys, often enough for every later write to cost the same; values[1] is in place under each.
class Peer {
 public:
  Peer() = default;
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;
  virtual ~Peer() = default;

  /// Replaces the key's value with values[which], which is the one that is not in place.
  [[nodiscard]] virtual bool set(const std::string& key, std::size_t which) = 0;

  /// Reads the key. One that only receives leaves `value` empty.
  [[nodiscard]] virtual bool get(const std::string& key, std::string& value) = 0;

  /// The same for many keys in one call, of those that have one. `values` are in the keys' order.
  [[nodiscard]] virtual bool set_all(const Keys& /*keys*/, std::size_t /*which*/) { return false; }
  [[nodiscard]] virtual bool get_all(const Keys& /*keys*/, std::vector<std::string>& /*values*/) {
    return false;
  }
};

}  // namespace ipsetkv::bench
