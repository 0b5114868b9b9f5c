// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>

#include "store/tables/open_table.h"

namespace ipsetkv::store {

/// Decides after how many writes the size of the buckets is looked at: writes do not read, so they
/// do not see how full a bucket has become.
class GrowthSchedule {
 public:
  explicit GrowthSchedule(OpenTable& table);

  /// Counts writes to a bucket. Now and then looks at that bucket, and whether the table has got
  /// marks or was replaced.
  void note_writes(format::BucketNumber bucket, Backoff& backoff, std::size_t writes = 1) {
    writes_ += writes;
    if (writes_ >= pause_ && table_.is_loaded()) check_growth(bucket, backoff);
  }
  /// Counts writes to many buckets. Now and then looks at all of them.
  void note_writes_to_all(std::size_t writes, Backoff& backoff);

 private:
  static constexpr std::size_t kShortestPause = 16;
  static constexpr std::size_t kLongestPause = 512;
  /// How many keys a bucket gets at most, on average, between two looks at all of them.
  static constexpr std::size_t kMostKeysBetween = 8;

  void check_growth(format::BucketNumber bucket, Backoff& backoff);

  OpenTable& table_;
  std::size_t writes_ = 0;              ///< Since the last look at a bucket,
  std::size_t pause_ = kShortestPause;  ///< and after how many the next one is due.
  std::size_t writes_to_all_ = 0;       ///< Since the last look at all buckets,
  std::size_t pause_of_all_ = 0;        ///< and after how many the next one is due.
};

}  // namespace ipsetkv::store
