// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <vector>

#include "format/table_name.h"

namespace ipsetkv::store {

/// In which bucket each digest was last found. An entry may be stale at any time, because other
/// processes split and merge buckets: a caller that finds no such set searches for the bucket, and
/// reports it with `learn`.
class BucketMap {
 public:
  [[nodiscard]] format::BucketNumber find(const format::Digest& digest) const {
    return format::bucket_at(digest, depths_[slot_of(digest)]);
  }
  /// An estimate of the number of buckets.
  [[nodiscard]] std::size_t size() const { return depths_.size(); }
  /// Records that this bucket exists.
  void learn(format::BucketNumber bucket);
  /// For another table.
  void clear();

 private:
  [[nodiscard]] std::size_t slot_of(const format::Digest& digest) const;

  /// The depth of the bucket for each prefix of `bits_` bits, the depth of the deepest bucket.
  std::vector<std::uint8_t> depths_{0};
  unsigned bits_ = 0;
};

}  // namespace ipsetkv::store
