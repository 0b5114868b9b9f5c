// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <string>

#include "ipsetkv/options.h"

namespace ipsetkv::bench {

/// The key that everybody reads and writes, in a namespace that holds nothing else.
inline constexpr const char* kKey = "benchmark";

/// Two values of one length that take turns, so that every write changes what is stored. Text
/// without zero bytes: each chunk is an address with tcp. In comments two bytes of 94 are escaped.
using Values = std::array<std::string, 2>;

/// What is to be kept, and how.
struct Task {
  Layout layout;  ///< kIpv4 or kComment.
  const Values& values;
};

/// One way of keeping a value in a set, as the benchmark sees it. A new peer has already written
/// the key often enough for every later write to cost the same; values[1] is in place.
class Peer {
 public:
  Peer() = default;
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;
  virtual ~Peer() = default;

  /// Replaces the key's value with values[which], which is the one that is not in place.
  [[nodiscard]] virtual bool set(std::size_t which) = 0;

  /// Reads the key. One that only receives leaves `value` empty.
  [[nodiscard]] virtual bool get(std::string& value) = 0;
};

}  // namespace ipsetkv::bench
