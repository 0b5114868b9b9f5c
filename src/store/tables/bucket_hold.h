// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <optional>
#include <utility>

#include "format/table_name.h"
#include "ipset/batch.h"
#include "ipsetkv/error.h"
#include "store/backoff.h"

namespace ipsetkv::store {

class Buckets;

/// The lock of one bucket: its set has a name that no other process looks for. Made by
/// Buckets::acquire and try_acquire. The destructor gives the set its plain name back; if that
/// fails for long, the next call of the same Store does it (Buckets::finish_own).
///
/// Must not outlive the Buckets and the Backoff that it was acquired with.
class BucketHold {
 public:
  BucketHold(BucketHold&& other) noexcept
      : buckets_(other.buckets_),
        backoff_(other.backoff_),
        bucket_(other.bucket_),
        release_(other.release_) {
    other.buckets_ = nullptr;
  }
  BucketHold(const BucketHold&) = delete;
  BucketHold& operator=(const BucketHold&) = delete;
  BucketHold& operator=(BucketHold&&) = delete;
  ~BucketHold() { release(); }

  [[nodiscard]] format::BucketNumber bucket() const { return bucket_; }
  /// The name that the set has while it is held.
  [[nodiscard]] ipset::SetName name() const;

  /// Queues the release as the next command of the batch.
  void queue_release(ipset::Batch& batch);
  /// To be called when that batch was executed. If it released the bucket, the destructor has
  /// nothing to do.
  void note_executed(const ipset::Batch& batch);

  /// Releases the bucket now.
  void release();

  /// Leaves the set as it is, for Buckets::finish_own: what becomes of it was decided by a step of
  /// a split or a merge.
  void surrender();

 private:
  friend class Buckets;
  BucketHold(Buckets& buckets, format::BucketNumber bucket, Backoff& backoff);

  Buckets* buckets_;  ///< Null if there is nothing to release any more.
  Backoff* backoff_;
  format::BucketNumber bucket_;
  std::optional<std::size_t> release_;  ///< The command that was queued.
};

/// The locks of the buckets of two keys, which may be in the same one. They are acquired in the
/// order of the digests, so that two processes that do this at once do not wait for each other.
class BucketPairHold {
 public:
  /// Nothing if the table is gone. Errors: those of Buckets::acquire.
  [[nodiscard]] static Result<std::optional<BucketPairHold>> acquire(Buckets& buckets,
                                                                     const format::Digest& from,
                                                                     const format::Digest& to,
                                                                     Backoff& backoff);

  [[nodiscard]] const BucketHold& from() const {
    return from_is_lower_ || !upper_ ? lower_ : *upper_;
  }
  [[nodiscard]] const BucketHold& to() const { return from_is_lower_ && upper_ ? *upper_ : lower_; }

 private:
  BucketPairHold(BucketHold lower, std::optional<BucketHold> upper, bool from_is_lower)
      : lower_(std::move(lower)), upper_(std::move(upper)), from_is_lower_(from_is_lower) {}

  BucketHold lower_;
  std::optional<BucketHold> upper_;
  bool from_is_lower_;
};

}  // namespace ipsetkv::store
