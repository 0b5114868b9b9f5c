// SPDX-License-Identifier: MIT
#include "store/drawers/wait_marker.h"

#include <algorithm>
#include <cerrno>

#include "format/numbers.h"
#include "format/own_names.h"
#include "store/drawers/retry.h"

namespace ipsetkv::store {
namespace {

constexpr std::size_t kBatchBytes = 512;

// How long a reader waits for a writer, which needs some microseconds once nobody reads: other
// readers may have begun just before, and need as long as this one did. A marker that exists for
// longer was left by a writer that died.
constexpr std::chrono::milliseconds kCourtesy{50};
constexpr int kCourtesyReadings = 4;

}  // namespace

bool WaitMarker::wait_for_readers() {
  if (backoff_.waits() > 0) {
    // Each time, since a reader destroys one that it has waited for in vain. Without it the writer
    // still waits, only with less prospect; after an error the marker may exist.
    (void)create_marker(connection_, format::wait_marker_name(stripe_));
    exists_ = true;
  }
  if (backoff_.wait()) return true;
  destroy();
  return false;
}

void WaitMarker::destroy() {
  if (!exists_) return;
  exists_ = false;
  ipset::Batch batch = connection_.new_batch(kBatchBytes);
  (void)batch.destroy(format::wait_marker_name(stripe_).view());
  (void)execute_persistently(connection_, batch, backoff_);
}

Result<void> wait_for_writers(ipset::Connection& connection, std::uint32_t stripe,
                              std::chrono::milliseconds reading, Backoff& backoff) {
  const ipset::SetName marker = format::wait_marker_name(stripe);
  const auto header = connection.header(marker.view());
  if (!header) return tl::unexpected(header.error());
  if (!*header) return {};
  const auto courtesy = std::max(kCourtesy, kCourtesyReadings * reading);
  Backoff waiting(connection.environment(), std::min(courtesy, backoff.remaining()));
  while (waiting.wait()) {
    const auto again = connection.header(marker.view());
    if (!again) return tl::unexpected(again.error());
    if (!*again) return {};
  }
  ipset::Batch batch = connection.new_batch(kBatchBytes);
  (void)batch.destroy(marker.view());
  if (auto result = connection.send(batch); !result) return tl::unexpected(result.error());
  return {};
}

Result<void> create_marker(ipset::Connection& connection, const ipset::SetName& name) {
  ipset::Batch batch = connection.new_batch(kBatchBytes);
  // It is never filled, so any revision will do.
  const ipset::Command create = batch.create(
      name.view(), ipset::SetType::kHashIpPort, ipset::Family::kInet, format::kNeededRevision,
      {.hashsize = ipset::kMinHashSize}, ipset::Existing::kAccept);
  const auto result = connection.send(batch);
  if (!result) return tl::unexpected(result.error());
  // One with other options is a marker as well.
  const std::int32_t code = (*result)[create];
  if (code != 0 && code != EEXIST) return tl::unexpected(result->error(create));
  return {};
}

}  // namespace ipsetkv::store
