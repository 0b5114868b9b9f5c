// SPDX-License-Identifier: MIT
#pragma once

#include <memory>

#include "peer.h"

namespace ipsetkv::bench {

/// Where a contestant keeps its values, apart from all others: a server, a folder, a keyring or a
/// network namespace of its own. With this object it ends, and nothing is left of it.
class Home {
 public:
  Home() = default;
  Home(const Home&) = delete;
  Home& operator=(const Home&) = delete;
  virtual ~Home() = default;

  /// Whether it is able to keep this; what it answers no to is left out of the report.
  [[nodiscard]] virtual bool takes(const Task& /*task*/) const { return true; }

  /// A client, with the task's keys in place; nothing if that fails. A process uses it alone: one
  /// that has forked asks for its own.
  [[nodiscard]] virtual std::unique_ptr<Peer> connect(const Task& task) = 0;

  /// Has this process work here from now on, where that is a matter of the process.
  [[nodiscard]] virtual bool enter() { return true; }

  /// Bytes of memory that a server of its own has in use at this moment.
  [[nodiscard]] virtual double resident() const { return 0; }
};

}  // namespace ipsetkv::bench
