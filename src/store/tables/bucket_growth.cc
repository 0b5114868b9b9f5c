// SPDX-License-Identifier: MIT
#include "store/tables/bucket_growth.h"

#include <algorithm>

#include "format/bucket_form.h"
#include "format/moment.h"
#include "format/pair.h"
#include "store/tables/head.h"

namespace ipsetkv::store {
namespace {

constexpr std::size_t kBatchBytes = std::size_t{72} * 1024;

/// After a failure the next so many chances are let go by.
constexpr std::uint32_t kSkips = 64;

/// More memory than a bucket needs that was filled in one go, in bytes for each key and for a
/// bucket: the largest element with its comment, and slots that are half empty.
constexpr std::size_t kMostBytesForKey = 640;
constexpr std::size_t kMostBytesForBucket = 65'536;

bool is_wasteful(BucketGrowth::Fill fill) {
  return fill.memory_bytes > kMostBytesForBucket + fill.keys * kMostBytesForKey;
}

/// The time that the element has left, exactly where its pair says when it ends.
void keep_life(ipset::Element& element, format::PairDecoder& decoder, format::Moment now) {
  const auto pair = decoder.decode(element.comment.view());
  if (pair && pair->deadline) element.timeout = format::timeout_until(*pair->deadline, now);
}

}  // namespace

BucketGrowth::BucketGrowth(ipset::Connection& connection, Buckets& buckets)
    : connection_(connection), buckets_(buckets), batch_(connection.new_batch(kBatchBytes)) {}

Result<BucketGrowth::Fill> BucketGrowth::look(format::BucketNumber bucket) {
  auto listing =
      connection_.list(buckets_.names().bucket(bucket).view(), ipset::ListMode::kHeaders);
  if (!listing) return tl::unexpected(listing.error());
  const auto header = listing->next_set();
  if (!header) return tl::unexpected(header.error());
  if (*header == nullptr) return Fill{};
  return Fill{.keys = (*header)->elements.value_or(0), .memory_bytes = (*header)->memory_bytes};
}

std::size_t BucketGrowth::room(format::BucketNumber bucket, Fill fill) {
  const std::size_t most = format::most_keys(format::depth_of(bucket));
  return most - std::min(most, fill.keys);
}

bool BucketGrowth::follow(format::BucketNumber bucket, Fill fill) {
  const unsigned depth = format::depth_of(bucket);
  const bool full = fill.keys > format::most_keys(depth) && depth < format::kMaxDepth;
  const bool sparse = fill.keys < format::least_keys(depth);
  if (!full && !sparse && !is_wasteful(fill)) return false;
  if (skips_ > 0) {
    --skips_;
    return false;
  }
  gathered_.clear();
  if (full) return halve(bucket);
  if (sparse) return join(bucket);
  renew(bucket);
  return false;
}

std::vector<std::pair<format::BucketNumber, BucketGrowth::Fill>> BucketGrowth::look_at_all() {
  std::vector<std::pair<format::BucketNumber, Fill>> all;
  auto listing = connection_.list({}, ipset::ListMode::kHeaders);
  while (listing) {
    const auto header = listing->next_set();
    if (!header || *header == nullptr) break;
    const auto bucket = buckets_.open_bucket((*header)->name.view());
    if (bucket)
      all.emplace_back(*bucket, Fill{.keys = (*header)->elements.value_or(0),
                                     .memory_bytes = (*header)->memory_bytes});
  }
  return all;
}

bool BucketGrowth::follow_all() {
  // Those that come of halving or joining may need the same.
  for (unsigned round = 0; round < format::kMaxDepth; ++round) {
    bool any = false;
    for (const auto& [bucket, fill] : look_at_all()) {
      // A failure with one says nothing of the next.
      skips_ = 0;
      any = follow(bucket, fill) || any;
    }
    if (!any) return round > 0;
  }
  return true;
}

bool BucketGrowth::halve(format::BucketNumber bucket) {
  const format::TableNames& names = buckets_.names();
  const auto locked = buckets_.try_lock(bucket);
  if (!locked || !*locked) return false;
  const ipset::SetName name = names.bucket(bucket, format::BucketState::kLocked);
  const bool ready = gather(name) && fill(bucket * 2) && fill(bucket * 2 + 1) &&
                     buckets_.rename(name, names.bucket(bucket, format::BucketState::kHalved));
  if (ready) return buckets_.open_halves(bucket, connection_.port_id());
  discard(bucket * 2);
  discard(bucket * 2 + 1);
  buckets_.open(bucket);
  skips_ = kSkips;
  return false;
}

bool BucketGrowth::join(format::BucketNumber bucket) {
  const format::TableNames& names = buckets_.names();
  const format::BucketNumber first = bucket & ~format::BucketNumber{1};
  const format::BucketNumber second = first + 1;
  const auto locked = buckets_.try_lock(first);
  if (!locked || !*locked) return false;
  const auto other = buckets_.try_lock(second);
  if (!other || !*other) {
    buckets_.open(first);
    skips_ = kSkips;
    return false;
  }
  const ipset::SetName name = names.bucket(first, format::BucketState::kLocked);
  const bool ready = gather(name) && gather(names.bucket(second, format::BucketState::kLocked)) &&
                     gathered_.size() < format::most_keys(format::depth_of(first) - 1) / 2 &&
                     fill(first / 2) &&
                     buckets_.rename(name, names.bucket(first, format::BucketState::kJoined));
  if (ready) return buckets_.open_joined(first, connection_.port_id());
  discard(first / 2);
  buckets_.open(first);
  buckets_.open(second);
  skips_ = kSkips;
  return false;
}

void BucketGrowth::renew(format::BucketNumber bucket) {
  const format::TableNames& names = buckets_.names();
  const auto locked = buckets_.try_lock(bucket);
  if (!locked || !*locked) return;
  const ipset::SetName name = names.bucket(bucket, format::BucketState::kLocked);
  const ipset::SetName filled = names.bucket(bucket, format::BucketState::kFilling);
  if (gather(name) && fill(bucket)) {
    // Either of them holds the same keys, so that it does not matter if this fails.
    batch_.clear();
    batch_.swap(filled.view(), name.view());
    (void)connection_.execute(batch_);
  }
  discard(bucket);
  buckets_.open(bucket);
  // It may need all that memory.
  skips_ = kSkips;
}

bool BucketGrowth::gather(const ipset::SetName& name) {
  auto listing = connection_.list(name.view(), ipset::ListMode::kElements);
  if (!listing) return false;
  const auto header = listing->next_set();
  if (!header || *header == nullptr) return false;
  format::PairDecoder decoder;
  const format::Moment now = format::now(connection_.environment());
  for (;;) {
    const auto element = listing->next_element();
    if (!element) return false;
    if (*element == nullptr) return true;
    gathered_.push_back(**element);
    keep_life(gathered_.back(), decoder, now);
  }
}

bool BucketGrowth::fill(format::BucketNumber bucket) {
  const ipset::SetName name = buckets_.names().bucket(bucket, format::BucketState::kFilling);
  const ipset::CreateOptions options = format::bucket_options(bucket);
  const auto revision =
      connection_.choose_revision(format::kBucketType, format::kBucketFamily, options);
  if (!revision) return false;
  batch_.clear();
  batch_.create(name.view(), format::kBucketType, format::kBucketFamily, *revision, options);
  return connection_.execute_all(batch_).has_value() && add_gathered(bucket, name);
}

bool BucketGrowth::add_gathered(format::BucketNumber bucket, const ipset::SetName& name) {
  const auto begin = [&] {
    batch_.clear();
    batch_.begin_add(name.view());
  };
  const auto end = [&] {
    batch_.end_elements();
    return connection_.execute_all(batch_).has_value();
  };
  bool any = false;
  for (const ipset::Element& element : gathered_) {
    const auto digest = format::digest_of(element);
    if (!digest || !format::belongs_to(*digest, bucket)) continue;
    if (!any) begin();
    any = true;
    if (batch_.append(element)) continue;
    if (!end()) return false;
    begin();
    if (!batch_.append(element)) return false;
  }
  return !any || end();
}

void BucketGrowth::discard(format::BucketNumber bucket) {
  (void)buckets_.destroy(buckets_.names().bucket(bucket, format::BucketState::kFilling));
}

}  // namespace ipsetkv::store
