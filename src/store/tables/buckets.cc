// SPDX-License-Identifier: MIT

// Who may use a bucket
//
// A bucket is a set, and its name says what state it is in. Under its plain name any process reads
// and writes it, each with one command. A writer that needs it for several commands locks it by
// renaming it: no other process looks for `<bucket>-<port id>`, so their commands find no such set
// and change nothing; they wait until the plain name is back. Compound writes, renames and copies
// do so, and splits and merges.
//
// Split of bucket b: lock it; copy its elements into `2b+<port id>` and `2b+1+<port id>`; rename
// `b-<port id>` to `b=<port id>`; rename the two to their plain names; destroy `b=<port id>`.
// Before the first of these renames nothing but the lock has changed; after it, every remaining
// step publishes or removes a complete set.
//
// Merge of 2b and 2b+1: lock both; copy both into `b+<port id>`; rename `2b-<port id>` to
// `2b<<port id>`; rename `b+<port id>` to its plain name; destroy `2b+1-<port id>`, then
// `2b<<port id>`.
//
// If the writer dies: a process that waits for the bucket binds the dead one's port id, so that no
// new process gets it, and finishes (bucket_recovery.cc). A split or merged bucket is published in
// its new form; a locked one gets its old name back, unless `2b<` says that it was merged; one that
// is being filled is destroyed. Each step names the dead writer's sets, which no living one makes
// any more, so two processes may do this at once.
//
// A rename fails while a process lists the set. A rename that later steps rely on is retried, and
// is known to have succeeded before the next step.

#include "store/tables/buckets.h"

#include <algorithm>
#include <cassert>
#include <cerrno>

#include "ipset/names.h"
#include "ipset/protocol.h"
#include "store/tables/head.h"

namespace ipsetkv::store {
namespace {

constexpr std::size_t kBatchBytes = 1024;
/// After so many failed waits it is worth a socket to find out whether the holder is alive.
constexpr int kWaitsBeforeClaim = 2;

}  // namespace

Buckets::Buckets(ipset::Connection& connection, std::string_view table)
    : connection_(connection),
      names_(table, connection.port_id()),
      batch_(connection.new_batch(kBatchBytes)) {}

std::optional<format::BucketNumber> Buckets::open_bucket(std::string_view set_name) const {
  const auto set = format::parse_table_set(set_name);
  const bool is_open =
      set && set->table == names_.table() && set->generation == names_.generation() &&
      set->kind == format::TableSet::Kind::kBucket && set->state == format::BucketState::kOpen;
  return is_open ? std::optional(set->bucket) : std::nullopt;
}

Buckets::Search::Search(Buckets& buckets, const format::Digest& digest)
    : buckets_(buckets), digest_(digest), bucket_(buckets.map_.find(digest)) {}

void Buckets::Search::found() {
  assert(format::belongs_to(digest_, bucket_));
  if (misses_ > 0) buckets_.map_.learn(bucket_);
}

Result<bool> Buckets::Search::next(Backoff& backoff) {
  // Most buckets are split or locked for some microseconds only, and a listing walks all names.
  const format::BucketNumber known = buckets_.map_.find(digest_);
  const unsigned depth = format::depth_of(known);
  switch (++misses_) {
    case 1:
      if (depth < format::kMaxDepth) {
        bucket_ = format::bucket_at(digest_, depth + 1);
        return true;
      }
      [[fallthrough]];
    case 2:
      bucket_ = known;
      return true;
    default:
      break;
  }
  const auto sighting = buckets_.look_for(digest_);
  if (!sighting) return tl::unexpected(sighting.error());
  if (sighting->locked && !sighting->open) {
    if (auto waited = buckets_.wait_for(*sighting->locked, backoff); !waited)
      return tl::unexpected(waited.error());
  } else if (!sighting->open) {
    // Some listings show a bucket that is being split under neither name.
    const auto exists = buckets_.exists();
    if (!exists || !*exists) return exists;
    if (!backoff.wait()) return tl::unexpected(Error{.code = ErrorCode::kLocked});
  }
  if (sighting->open) bucket_ = *sighting->open;
  return true;
}

Result<bool> Buckets::exists() {
  const auto head = read_head(connection_, names_.head());
  if (!head) return tl::unexpected(head.error());
  return *head && (*head)->secret.generation() == names_.generation();
}

Result<std::vector<format::TableSet>> Buckets::look() {
  std::vector<format::TableSet> sets;
  const auto visit = [&](const ipset::SetName& name) {
    auto set = format::parse_table_set(name.view());
    if (!set || set->table != names_.table()) return;
    if (set->kind != format::TableSet::Kind::kHead && set->generation != names_.generation())
      return;
    set->table = names_.table();
    if (set->kind == format::TableSet::Kind::kBucket && set->state == format::BucketState::kOpen)
      map_.learn(set->bucket);
    sets.push_back(*set);
  };
  if (auto listed = ipset::for_each_name(connection_, visit); !listed)
    return tl::unexpected(listed.error());
  return sets;
}

Result<Buckets::Sighting> Buckets::look_for(const format::Digest& digest) {
  const auto sets = look();
  if (!sets) return tl::unexpected(sets.error());
  Sighting sighting;
  for (const format::TableSet& set : *sets) {
    if (set.kind != format::TableSet::Kind::kBucket || !format::belongs_to(digest, set.bucket))
      continue;
    if (set.state == format::BucketState::kOpen)
      sighting.open = set.bucket;
    else if (set.state != format::BucketState::kFilling)
      sighting.locked = set;
  }
  return sighting;
}

Result<void> Buckets::wait_for(const format::TableSet& locked, Backoff& backoff) {
  if (locked.port_id == connection_.port_id()) {
    if (auto finished = finish_for(locked.port_id, backoff); !finished) return finished;
  } else if (backoff.waits() > kWaitsBeforeClaim) {
    const auto claim = connection_.claim_port(locked.port_id);
    if (!claim) return tl::unexpected(claim.error());
    if (*claim) return finish_for(locked.port_id, backoff);
  }
  if (backoff.wait()) return {};
  return tl::unexpected(Error{.code = ErrorCode::kLocked, .step = Step::kRename});
}

Result<std::int32_t> Buckets::lock(format::BucketNumber bucket, Backoff& backoff) {
  batch_.clear();
  batch_.rename(names_.bucket(bucket).view(),
                names_.bucket(bucket, format::BucketState::kLocked).view());
  if (auto executed = connection_.execute(batch_); !executed) {
    // If only the answer was lost, the bucket is locked.
    release(bucket, backoff);
    return tl::unexpected(executed.error());
  }
  return batch_.code(0);
}

Result<std::optional<BucketHold>> Buckets::acquire(const format::Digest& digest, Backoff& backoff) {
  Search search(*this, digest);
  for (;;) {
    const auto code = lock(search.bucket(), backoff);
    if (!code) return tl::unexpected(code.error());
    if (*code == 0) {
      BucketHold hold(*this, search.bucket(), backoff);
      search.found();
      return hold;
    }
    if (*code == IPSET_ERR_REFERENCED) {
      if (!backoff.wait()) return tl::unexpected(Error{.code = ErrorCode::kBusy});
      continue;
    }
    if (*code != ENOENT) return tl::unexpected(batch_.error(0));
    const auto more = search.next(backoff);
    if (!more) return tl::unexpected(more.error());
    if (!*more) return std::nullopt;
  }
}

Result<std::optional<BucketHold>> Buckets::try_acquire(format::BucketNumber bucket,
                                                       Backoff& backoff) {
  const auto code = lock(bucket, backoff);
  if (!code) return tl::unexpected(code.error());
  if (*code != 0) return std::nullopt;
  return BucketHold(*this, bucket, backoff);
}

void Buckets::release(format::BucketNumber bucket, Backoff& backoff) {
  const auto released =
      rename(names_.bucket(bucket, format::BucketState::kLocked), names_.bucket(bucket), backoff);
  if (!released || !*released) note_unfinished();
}

void Buckets::note_held(format::BucketNumber bucket) {
  const auto free = std::ranges::find(held_, format::BucketNumber{0});
  assert(free != held_.end() && !is_held(bucket));
  *free = bucket;
}

void Buckets::note_released(format::BucketNumber bucket) {
  assert(is_held(bucket));
  *std::ranges::find(held_, bucket) = 0;
}

bool Buckets::is_held(format::BucketNumber bucket) const {
  return std::ranges::find(held_, bucket) != held_.end();
}

}  // namespace ipsetkv::store
