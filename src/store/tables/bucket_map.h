// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <vector>

#include "format/table_name.h"

namespace ipsetkv::store {

/// Which bucket a digest was last seen in. It may be wrong at any time, because others halve and
/// join buckets; whoever finds no such set looks again and says what he found.
class BucketMap {
 public:
  [[nodiscard]] format::BucketNumber find(const format::Digest& digest) const {
    return format::bucket_at(digest, depths_[slot_of(digest)]);
  }
  /// About how many buckets there are.
  [[nodiscard]] std::size_t size() const { return depths_.size(); }
  /// There is such a bucket.
  void learn(format::BucketNumber bucket);
  /// There is no table, or another.
  void clear();

 private:
  [[nodiscard]] std::size_t slot_of(const format::Digest& digest) const;

  /// The depth of the bucket for each beginning of `bits_` bits, as long as the longest one needs.
  std::vector<std::uint8_t> depths_{0};
  unsigned bits_ = 0;
};

}  // namespace ipsetkv::store
