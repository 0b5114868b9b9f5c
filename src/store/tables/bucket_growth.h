// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "ipset/connection.h"
#include "ipset/element.h"
#include "ipsetkv/error.h"
#include "store/tables/buckets.h"

namespace ipsetkv::store {

/// Adapts the number of a table's buckets to the number of its keys: splits a bucket that is too
/// full, merges one that is nearly empty with its neighbour, and copies one whose memory the kernel
/// has not given back. Each bucket is locked by itself; the others stay in use.
class BucketGrowth {
 public:
  BucketGrowth(ipset::Connection& connection, Buckets& buckets);

  /// How full a bucket was when it was listed.
  struct Fill {
    std::size_t keys = 0;
    std::size_t memory_bytes = 0;
  };
  /// Does what the bucket needs. If that is not possible now, because others use the bucket or the
  /// kernel has no memory, it is left for later. Whether the number of buckets has changed.
  bool follow(format::BucketNumber bucket, Fill fill, Backoff& backoff);

  /// Does what each bucket needs, until none needs anything. Lists all sets. Whether the number of
  /// buckets has changed.
  bool follow_all(Backoff& backoff);

  /// How many more keys the bucket takes before it is split.
  [[nodiscard]] static std::size_t room(format::BucketNumber bucket, Fill fill);

  /// Lists the bucket's header.
  [[nodiscard]] Result<Fill> look(format::BucketNumber bucket);

 private:
  [[nodiscard]] bool split(format::BucketNumber bucket, Backoff& backoff);
  [[nodiscard]] bool merge(format::BucketNumber bucket, Backoff& backoff);
  void renew(format::BucketNumber bucket, Backoff& backoff);
  /// Whether a held bucket has got the name that says that its replacement is complete. If that is
  /// unknown, nothing may be removed: Buckets::finish_own finds out.
  enum class Naming : std::uint8_t { kNotDone, kDone, kUnknown };
  [[nodiscard]] Naming name_as(const BucketHold& hold, format::BucketState state, Backoff& backoff);
  /// All open buckets as they are now.
  [[nodiscard]] std::vector<std::pair<format::BucketNumber, Fill>> look_at_all();
  /// Appends the elements of the set to gathered_.
  [[nodiscard]] bool gather(const ipset::SetName& name);
  /// Makes the set that will be `bucket`, with those of the gathered elements that belong to it.
  [[nodiscard]] bool fill(format::BucketNumber bucket, const ipset::SetName& name);
  [[nodiscard]] bool add_gathered(format::BucketNumber bucket, const ipset::SetName& name);

  ipset::Connection& connection_;
  Buckets& buckets_;
  ipset::Batch batch_;
  std::vector<ipset::Element> gathered_;
  std::uint32_t skips_ = 0;  ///< How many calls of `follow` do nothing, after a failure.
};

}  // namespace ipsetkv::store
