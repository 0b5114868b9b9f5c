// SPDX-License-Identifier: MIT

// Finishing what a writer has begun: the last steps of a split or a merge, and all that a writer
// which died, or whose sends failed, has left. The steps are those of buckets.cc.

#include <algorithm>
#include <cerrno>
#include <thread>

#include "ipset/protocol.h"
#include "store/tables/buckets.h"

namespace ipsetkv::store {
namespace {

/// The most waits for one set, which is a second or so: a process that lists it goes on at once
/// unless it is stopped.
constexpr int kMostWaits = 1000;
/// The most attempts after failed sends, and the attempts after the time limit.
constexpr int kMostFailures = 32;
constexpr int kLastAttempts = 32;

format::BucketNumber neighbour(format::BucketNumber bucket) { return bucket ^ 1; }

}  // namespace

template <class Queue>
Result<bool> Buckets::repeat(std::int32_t obstacle, Backoff& backoff, const Queue& queue) {
  int failures = 0;
  int last_attempts = 0;
  for (int waits = 0;; ++waits) {
    batch_.clear();
    queue();
    const auto executed = connection_.execute(batch_);
    if (executed && batch_.code(0) != obstacle)
      return batch_.code(0) == 0 || batch_.code(0) == ENOENT;
    if (!executed && ++failures == kMostFailures) return tl::unexpected(executed.error());
    if (waits < kMostWaits && backoff.wait()) continue;
    if (++last_attempts > kLastAttempts)
      return executed ? Result<bool>(false) : tl::unexpected(executed.error());
    std::this_thread::yield();
  }
}

Result<bool> Buckets::rename(const ipset::SetName& from, const ipset::SetName& to,
                             Backoff& backoff) {
  return repeat(IPSET_ERR_REFERENCED, backoff, [&] { batch_.rename(from.view(), to.view()); });
}

Result<bool> Buckets::destroy(const ipset::SetName& name, Backoff& backoff) {
  return repeat(IPSET_ERR_BUSY, backoff, [&] { batch_.destroy(name.view()); });
}

bool Buckets::finish_split(format::BucketNumber bucket, std::uint32_t port_id, Backoff& backoff) {
  const format::TableNames names = names_.of(port_id);
  const auto published = [&](format::BucketNumber half) {
    const bool done = rename(names.bucket(half, format::BucketState::kFilling), names_.bucket(half),
                             backoff) == true;
    if (done) map_.learn(half);
    return done;
  };
  const bool finished = published(bucket * 2) && published(bucket * 2 + 1) &&
                        destroy(names.bucket(bucket, format::BucketState::kSplit), backoff) == true;
  if (!finished && port_id == connection_.port_id()) note_unfinished();
  return finished;
}

bool Buckets::finish_merge(format::BucketNumber bucket, std::uint32_t port_id, Backoff& backoff) {
  const format::TableNames names = names_.of(port_id);
  const format::BucketNumber whole = bucket / 2;
  const bool published = rename(names.bucket(whole, format::BucketState::kFilling),
                                names_.bucket(whole), backoff) == true;
  if (published) map_.learn(whole);
  const bool finished =
      published &&
      destroy(names.bucket(neighbour(bucket), format::BucketState::kLocked), backoff) == true &&
      destroy(names.bucket(bucket, format::BucketState::kMerged), backoff) == true;
  if (!finished && port_id == connection_.port_id()) note_unfinished();
  return finished;
}

Result<void> Buckets::finish_for(std::uint32_t port_id, Backoff& backoff) {
  const auto sets = look();
  if (!sets) return tl::unexpected(sets.error());
  const bool is_own = port_id == connection_.port_id();
  const format::TableNames names = names_.of(port_id);
  const auto each = [&](format::BucketState state, auto visit) {
    for (const format::TableSet& set : *sets)
      if (set.kind == format::TableSet::Kind::kBucket && set.port_id == port_id &&
          set.state == state)
        visit(set.bucket);
  };
  bool all_published = true;
  each(format::BucketState::kSplit, [&](format::BucketNumber bucket) {
    all_published = finish_split(bucket, port_id, backoff) && all_published;
  });
  each(format::BucketState::kMerged, [&](format::BucketNumber bucket) {
    all_published = finish_merge(bucket, port_id, backoff) && all_published;
  });
  each(format::BucketState::kLocked, [&](format::BucketNumber bucket) {
    const bool is_merged = std::ranges::any_of(*sets, [&](const format::TableSet& set) {
      return set.state == format::BucketState::kMerged && set.port_id == port_id &&
             set.bucket == neighbour(bucket);
    });
    if (is_merged || (is_own && is_held(bucket))) return;
    const auto released =
        rename(names.bucket(bucket, format::BucketState::kLocked), names_.bucket(bucket), backoff);
    if (is_own && (!released || !*released)) note_unfinished();
  });
  // One that could not be published because a process lists it is still needed.
  if (all_published)
    each(format::BucketState::kFilling, [&](format::BucketNumber bucket) {
      (void)destroy(names.bucket(bucket, format::BucketState::kFilling), backoff);
    });
  return {};
}

void Buckets::finish_own(Backoff& backoff) {
  has_unfinished_ = false;
  if (!finish_for(connection_.port_id(), backoff)) note_unfinished();
}

}  // namespace ipsetkv::store
