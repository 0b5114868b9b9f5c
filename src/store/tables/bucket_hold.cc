// SPDX-License-Identifier: MIT
#include "store/tables/bucket_hold.h"

#include <algorithm>
#include <cassert>

#include "store/tables/buckets.h"

namespace ipsetkv::store {

BucketHold::BucketHold(Buckets& buckets, format::BucketNumber bucket, Backoff& backoff)
    : buckets_(&buckets), backoff_(&backoff), bucket_(bucket) {
  buckets.note_held(bucket);
}

ipset::SetName BucketHold::name() const {
  assert(buckets_ != nullptr);
  return buckets_->names().bucket(bucket_, format::BucketState::kLocked);
}

void BucketHold::queue_release(ipset::Batch& batch) {
  release_ = batch.size();
  batch.rename(name().view(), buckets_->names().bucket(bucket_).view());
}

void BucketHold::note_executed(const ipset::Batch& batch) {
  assert(buckets_ != nullptr && release_ && *release_ < batch.size());
  if (batch.code(*release_) != 0) return;
  buckets_->note_released(bucket_);
  buckets_ = nullptr;
}

void BucketHold::release() {
  if (buckets_ == nullptr) return;
  buckets_->release(bucket_, *backoff_);
  buckets_->note_released(bucket_);
  buckets_ = nullptr;
}

void BucketHold::surrender() {
  assert(buckets_ != nullptr);
  buckets_->note_released(bucket_);
  buckets_ = nullptr;
}

Result<std::optional<BucketPairHold>> BucketPairHold::acquire(Buckets& buckets,
                                                              const format::Digest& from,
                                                              const format::Digest& to,
                                                              Backoff& backoff) {
  auto lower = buckets.acquire(std::min(from, to), backoff);
  if (!lower) return tl::unexpected(lower.error());
  if (!*lower) return std::nullopt;
  std::optional<BucketHold> upper;
  if (!format::belongs_to(std::max(from, to), (*lower)->bucket())) {
    auto other = buckets.acquire(std::max(from, to), backoff);
    if (!other) return tl::unexpected(other.error());
    if (!*other) return std::nullopt;
    upper.emplace(*std::move(*other));
  }
  return BucketPairHold(*std::move(*lower), std::move(upper), from < to);
}

}  // namespace ipsetkv::store
