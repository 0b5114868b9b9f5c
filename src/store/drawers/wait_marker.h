// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdint>

#include "ipset/connection.h"
#include "ipset/fixed_text.h"
#include "ipsetkv/error.h"
#include "store/backoff.h"

namespace ipsetkv::store {

/// The set `~wait-<stripe>`, by which a writer asks readers to pause.
///
/// The kernel refuses to swap, rename or destroy a set while a listing of it, of more than a page,
/// is under way. Readers in a loop would keep a writer out for ever. So a writer that waits creates
/// the marker, and a reader that has read a long value of that stripe before looks for it first.
/// The destructor destroys the marker; one that a writer left that died is destroyed by the first
/// reader that has waited for it in vain.
class WaitMarker {
 public:
  /// Of a writer. Creates nothing yet. The `backoff` is that of the whole operation.
  WaitMarker(ipset::Connection& connection, std::uint32_t stripe, Backoff& backoff)
      : connection_(connection), backoff_(backoff), stripe_(stripe) {}
  WaitMarker(const WaitMarker&) = delete;
  WaitMarker& operator=(const WaitMarker&) = delete;
  ~WaitMarker() { destroy(); }

  /// To be called when a reader was in the way, and before trying again. The marker is created by
  /// the second call, since a reader of a short value is done by then. False if the time is up.
  [[nodiscard]] bool wait_for_readers();
  /// Destroys the marker, if it was created.
  void destroy();

 private:
  ipset::Connection& connection_;
  Backoff& backoff_;
  std::uint32_t stripe_;
  bool exists_ = false;
};

/// Of a reader whose last reading of a long value took `reading`: waits while a writer's marker
/// exists, within the limit of `backoff`.
[[nodiscard]] Result<void> wait_for_writers(ipset::Connection& connection, std::uint32_t stripe,
                                            std::chrono::milliseconds reading, Backoff& backoff);

/// Creates a set without elements, unless there is one of that name: its existence is all it says.
[[nodiscard]] Result<void> create_marker(ipset::Connection& connection, const ipset::SetName& name);

}  // namespace ipsetkv::store
