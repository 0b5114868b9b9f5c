// SPDX-License-Identifier: MIT
#include "store/drawers/retry.h"

#include <cassert>
#include <cerrno>
#include <thread>

#include "ipset/protocol.h"

namespace ipsetkv::store {
namespace {

/// Attempts to send under memory pressure: some ten milliseconds.
constexpr int kSends = 32;
/// Attempts when the time limit has passed already.
constexpr int kLateAttempts = 16;

}  // namespace

bool is_busy(std::int32_t code) {
  return code == EBUSY || code == IPSET_ERR_BUSY || code == IPSET_ERR_REFERENCED;
}

Result<std::int32_t> execute_persistently(ipset::Connection& connection, ipset::Batch& batch,
                                          Backoff& backoff) {
  assert(batch.size() == 1);
  int late = 0;
  for (int attempt = 1;; ++attempt) {
    const auto result = connection.send(batch);
    const bool again = result ? is_busy((*result)[ipset::Command(0)]) : attempt < kSends;
    if (again && backoff.wait()) continue;
    if (again && ++late < kLateAttempts) {
      std::this_thread::yield();
      continue;
    }
    if (!result) return tl::unexpected(result.error());
    return (*result)[ipset::Command(0)];
  }
}

}  // namespace ipsetkv::store
