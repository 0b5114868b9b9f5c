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

/// Lets the number of a table's buckets follow the number of its keys: a bucket that is too full is
/// halved, one that is nearly empty is joined with its neighbour, and one whose memory the kernel
/// has not given back is made anew. Whoever reads or writes a bucket says what he saw there; each
/// bucket is for itself, and the others go on being used meanwhile.
class BucketGrowth {
 public:
  BucketGrowth(ipset::Connection& connection, Buckets& buckets);

  /// What somebody has seen of a bucket.
  struct Fill {
    std::size_t keys = 0;
    std::size_t memory_bytes = 0;
  };
  /// Does what the bucket needs. What cannot be done now, because others have the bucket or the
  /// kernel has no memory, is left for the next time. Whether there are other buckets now.
  bool follow(format::BucketNumber bucket, Fill fill);

  /// Does what any bucket needs, until none needs anything. Looks at all sets there are. Whether
  /// there are other buckets now.
  bool follow_all();

  /// How many more keys the bucket may get before it is halved.
  [[nodiscard]] static std::size_t room(format::BucketNumber bucket, Fill fill);

  /// Looks how full a bucket is, for those who write without reading.
  [[nodiscard]] Result<Fill> look(format::BucketNumber bucket);

 private:
  [[nodiscard]] bool halve(format::BucketNumber bucket);
  [[nodiscard]] bool join(format::BucketNumber bucket);
  void renew(format::BucketNumber bucket);
  /// All open buckets as they are now.
  [[nodiscard]] std::vector<std::pair<format::BucketNumber, Fill>> look_at_all();
  /// Appends the elements of the set.
  [[nodiscard]] bool gather(const ipset::SetName& name);
  /// Makes the set that will be `bucket`, with those of the gathered elements that belong to it.
  [[nodiscard]] bool fill(format::BucketNumber bucket);
  [[nodiscard]] bool add_gathered(format::BucketNumber bucket, const ipset::SetName& name);
  void discard(format::BucketNumber bucket);

  ipset::Connection& connection_;
  Buckets& buckets_;
  ipset::Batch batch_;
  std::vector<ipset::Element> gathered_;
  std::uint32_t skips_ = 0;  ///< How often nothing is to be tried, after a failure.
};

}  // namespace ipsetkv::store
