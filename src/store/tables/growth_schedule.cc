// SPDX-License-Identifier: MIT
#include "store/tables/growth_schedule.h"

#include <algorithm>

#include "ipset/protocol.h"

namespace ipsetkv::store {

// Writers that start together do not look at the same time.
GrowthSchedule::GrowthSchedule(OpenTable& table)
    : table_(table), writes_(table.connection().port_id() % kShortestPause) {}

void GrowthSchedule::check_growth(format::BucketNumber bucket, Backoff& backoff) {
  writes_ = 0;
  ipset::Batch& batch = table_.batch();
  batch.clear();
  table_.queue_head_test(format::address_of(format::TableMark::kDeadlines));
  table_.queue_head_test(format::address_of(format::TableMark::kLongPairs));
  table_.queue_head_test(table_.head().secret.address());
  if (table_.connection().execute(batch)) {
    // Another table of the same generation has sets of the same names, with other digests in them.
    if (batch.code(2) == IPSET_ERR_EXIST) return table_.forget();
    TableHead& head = table_.head();
    head.has_deadlines = head.has_deadlines || table_.head_has(0);
    head.has_long_pairs = head.has_long_pairs || table_.head_has(1);
  }
  const auto fill = table_.growth().look(bucket);
  const bool grows = fill && table_.growth().follow(bucket, *fill, backoff);
  // If values are only replaced, look less and less often; but not if the bucket is nearly full.
  const std::size_t room = fill ? BucketGrowth::room(bucket, *fill) : 0;
  pause_ = grows ? kShortestPause
                 : std::clamp(room * kShortestPause, kShortestPause,
                              std::min(2 * pause_, kLongestPause));
}

void GrowthSchedule::note_writes_to_all(std::size_t writes, Backoff& backoff) {
  writes_to_all_ += writes;
  if (!table_.is_loaded()) return;
  // As many as there are buckets, each of which has one key more then.
  const std::size_t shortest = std::max(kShortestPause, table_.buckets().map().size());
  pause_of_all_ = std::clamp(pause_of_all_, shortest, kMostKeysBetween * shortest);
  if (writes_to_all_ < pause_of_all_) return;
  writes_to_all_ = 0;
  pause_of_all_ = table_.growth().follow_all(backoff) ? 0 : 2 * pause_of_all_;
}

}  // namespace ipsetkv::store
