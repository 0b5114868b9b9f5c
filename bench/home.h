// SPDX-License-Identifier: MIT
#pragma once

#include <memory>

#include "peer.h"

namespace ipsetkv::bench {

/// The place where a contestant keeps its values, separate from all others: a server, a folder, a
/// keyring or a network namespace of its own. The destructor removes it with its content.
class Home {
 public:
  Home() = default;
  Home(const Home&) = delete;
  Home& operator=(const Home&) = delete;
  virtual ~Home() = default;

  /// Whether it can store the task's keys and values. The report leaves out what it cannot.
  [[nodiscard]] virtual bool takes(const Task& /*task*/) const { return true; }

  /// A client, with the task's keys written; null on failure. Processes must not share a client:
  /// after fork each connects anew.
  [[nodiscard]] virtual std::unique_ptr<Peer> connect(const Task& task) = 0;

  /// Moves this process into the home, if it is one of the process, such as a namespace.
  [[nodiscard]] virtual bool enter() { return true; }

  /// The memory of the home's own server in bytes; 0 if it has none.
  [[nodiscard]] virtual double resident() const { return 0; }
};

}  // namespace ipsetkv::bench
