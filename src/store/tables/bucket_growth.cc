// SPDX-License-Identifier: MIT
#include "store/tables/bucket_growth.h"

#include <algorithm>
#include <cassert>

#include "format/bucket_form.h"
#include "format/moment.h"
#include "format/pair.h"
#include "format/table_head.h"

namespace ipsetkv::store {
namespace {

constexpr std::size_t kBatchBytes = std::size_t{72} * 1024;

/// After a failure so many calls do nothing.
constexpr std::uint32_t kSkips = 64;

/// More memory, in bytes, than a new bucket needs for each key and for itself: the largest element
/// with its comment, and slots that are half empty.
constexpr std::size_t kMostBytesForKey = 640;
constexpr std::size_t kMostBytesForBucket = 65'536;

bool is_wasteful(BucketGrowth::Fill fill) {
  return fill.memory_bytes > kMostBytesForBucket + fill.keys * kMostBytesForKey;
}

/// Sets the element's timeout by its pair's deadline, which is more exact than the kernel's.
void set_timeout(ipset::Element& element, format::PairDecoder& decoder, format::Moment now) {
  const auto pair = decoder.decode(element.comment.view());
  if (pair && pair->deadline) element.timeout = format::timeout_until(*pair->deadline, now);
}

/// The set of a bucket that is being filled. The destructor destroys it unless it is to be kept. It
/// is destroyed before the hold of the bucket that it replaces: as long as that is locked, a set of
/// this name is a leftover.
class FillingBucket {
 public:
  FillingBucket(Buckets& buckets, format::BucketNumber bucket, Backoff& backoff)
      : buckets_(buckets), backoff_(backoff), bucket_(bucket) {}
  FillingBucket(const FillingBucket&) = delete;
  FillingBucket& operator=(const FillingBucket&) = delete;
  ~FillingBucket() {
    if (!is_kept_) (void)buckets_.destroy(name(), backoff_);
  }

  [[nodiscard]] format::BucketNumber bucket() const { return bucket_; }
  [[nodiscard]] ipset::SetName name() const {
    return buckets_.names().bucket(bucket_, format::BucketState::kFilling);
  }
  void keep() { is_kept_ = true; }

 private:
  Buckets& buckets_;
  Backoff& backoff_;
  format::BucketNumber bucket_;
  bool is_kept_ = false;
};

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

bool BucketGrowth::follow(format::BucketNumber bucket, Fill fill, Backoff& backoff) {
  const unsigned depth = format::depth_of(bucket);
  const bool full = fill.keys > format::most_keys(depth) && depth < format::kMaxDepth;
  const bool sparse = fill.keys < format::least_keys(depth);
  if (!full && !sparse && !is_wasteful(fill)) return false;
  if (skips_ > 0) {
    --skips_;
    return false;
  }
  gathered_.clear();
  if (full) return split(bucket, backoff);
  if (sparse) return merge(bucket, backoff);
  renew(bucket, backoff);
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

bool BucketGrowth::follow_all(Backoff& backoff) {
  // A bucket that was made by a split or a merge may need another one.
  for (unsigned round = 0; round < format::kMaxDepth; ++round) {
    bool any = false;
    for (const auto& [bucket, fill] : look_at_all()) {
      // A failure with one bucket says nothing about the next.
      skips_ = 0;
      any = follow(bucket, fill, backoff) || any;
    }
    if (!any) return round > 0;
  }
  return true;
}

bool BucketGrowth::split(format::BucketNumber bucket, Backoff& backoff) {
  auto hold = buckets_.try_acquire(bucket, backoff);
  if (!hold || !*hold) return false;
  assert((*hold)->bucket() == bucket);
  FillingBucket left(buckets_, bucket * 2, backoff);
  FillingBucket right(buckets_, bucket * 2 + 1, backoff);
  if (gather((*hold)->name()) && fill(left.bucket(), left.name()) &&
      fill(right.bucket(), right.name())) {
    const auto named = name_as(**hold, format::BucketState::kSplit, backoff);
    if (named != Naming::kNotDone) {
      for (FillingBucket* const half : {&left, &right}) half->keep();
      (*hold)->surrender();
    }
    if (named == Naming::kDone)
      return buckets_.finish_split(bucket, connection_.port_id(), backoff);
  }
  skips_ = kSkips;
  return false;
}

bool BucketGrowth::merge(format::BucketNumber bucket, Backoff& backoff) {
  const format::BucketNumber first = bucket & ~format::BucketNumber{1};
  auto hold = buckets_.try_acquire(first, backoff);
  if (!hold || !*hold) return false;
  auto other = buckets_.try_acquire(first + 1, backoff);
  if (other && *other) {
    FillingBucket whole(buckets_, first / 2, backoff);
    const bool is_filled = gather((*hold)->name()) && gather((*other)->name()) &&
                           gathered_.size() < format::most_keys(format::depth_of(first) - 1) / 2 &&
                           fill(whole.bucket(), whole.name());
    const auto named =
        is_filled ? name_as(**hold, format::BucketState::kMerged, backoff) : Naming::kNotDone;
    if (named != Naming::kNotDone) {
      whole.keep();
      (*hold)->surrender();
      (*other)->surrender();
    }
    if (named == Naming::kDone) return buckets_.finish_merge(first, connection_.port_id(), backoff);
  }
  skips_ = kSkips;
  return false;
}

void BucketGrowth::renew(format::BucketNumber bucket, Backoff& backoff) {
  const auto hold = buckets_.try_acquire(bucket, backoff);
  if (!hold || !*hold) return;
  const FillingBucket copy(buckets_, bucket, backoff);
  if (gather((*hold)->name()) && fill(bucket, copy.name())) {
    // Both sets hold the same keys, so it does no harm if this fails.
    batch_.clear();
    batch_.swap(copy.name().view(), (*hold)->name().view());
    (void)connection_.execute(batch_);
  }
  // The bucket may need all that memory.
  skips_ = kSkips;
}

BucketGrowth::Naming BucketGrowth::name_as(const BucketHold& hold, format::BucketState state,
                                           Backoff& backoff) {
  const auto renamed =
      buckets_.rename(hold.name(), buckets_.names().bucket(hold.bucket(), state), backoff);
  if (!renamed) {
    buckets_.note_unfinished();
    return Naming::kUnknown;
  }
  return *renamed ? Naming::kDone : Naming::kNotDone;
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
    set_timeout(gathered_.back(), decoder, now);
  }
}

bool BucketGrowth::fill(format::BucketNumber bucket, const ipset::SetName& name) {
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

}  // namespace ipsetkv::store
