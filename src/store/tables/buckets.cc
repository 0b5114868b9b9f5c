// SPDX-License-Identifier: MIT

// Who may touch a bucket
//
// A bucket is a set, and its name says what it is in. Under its plain name anybody reads and writes
// it, each with one command. Who wants it for himself renames it: `<bucket>-<port id>` is a name
// that nobody else uses, so that their commands find no such set and harm nothing. They wait until
// it is back. A compound write does so, and whoever halves or joins buckets.
//
// Halving bucket b: lock it; copy its elements into `2b+<port id>` and `2b+1+<port id>`; rename
// `b-<port id>` to `b=<port id>`; rename the two to their plain names; destroy `b=<port id>`.
// Before the second rename nothing but the lock has happened; after it, everything that is still to
// be done is opening what is complete.
//
// Joining 2b and 2b+1: lock both; copy both into `b+<port id>`; rename `2b-<port id>` to
// `2b<<port id>`; rename `b+<port id>` to its plain name; destroy `2b+1-<port id>`, and then
// `2b<<port id>`.
//
// Where the writer dies: whoever waits binds its port id, which keeps it from coming to life again,
// and goes on. A halved or joined bucket is opened in its new form; a locked one under its old
// name, but for one that `2b<` says was joined; one that is being filled is destroyed. Each step
// names the dead one's sets, which no living writer makes any more: two that do this at once do no
// more than one.
//
// A rename fails while somebody lists the set. Every rename that others rely on is seen to succeed
// before the next step, and tried again.

#include "store/tables/buckets.h"

#include <algorithm>
#include <cerrno>

#include "ipset/protocol.h"
#include "store/tables/head.h"

namespace ipsetkv::store {
namespace {

constexpr std::size_t kBatchBytes = 1024;
/// A listing of all sets is gone on with at once, unless its reader is stopped.
constexpr std::chrono::milliseconds kLongestListing{1000};

format::BucketNumber neighbour(format::BucketNumber bucket) { return bucket ^ 1; }

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
  if (misses_ > 0) buckets_.map_.learn(bucket_);
}

Result<bool> Buckets::Search::next(Backoff& backoff) {
  // Most are halved or locked for some microseconds, and a listing walks all names.
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
  if (sighting->taken && !sighting->open) {
    if (auto waited = buckets_.wait_for(*sighting->taken, backoff); !waited)
      return tl::unexpected(waited.error());
  } else if (!sighting->open) {
    // One that is just being halved is under neither name in some listings.
    const auto is_there = buckets_.is_there();
    if (!is_there || !*is_there) return is_there;
    if (!backoff.wait()) return tl::unexpected(Error{.code = ErrorCode::kLocked});
  }
  if (sighting->open) bucket_ = *sighting->open;
  return true;
}

Result<bool> Buckets::is_there() {
  const auto head = read_head(connection_, names_.head());
  if (!head) return tl::unexpected(head.error());
  return *head && (*head)->secret.generation() == names_.generation();
}

Result<std::vector<format::TableSet>> Buckets::look() {
  std::vector<format::TableSet> sets;
  auto listing = connection_.list({}, ipset::ListMode::kNames);
  if (!listing) return tl::unexpected(listing.error());
  for (;;) {
    const auto header = listing->next_set();
    if (!header) return tl::unexpected(header.error());
    if (*header == nullptr) return sets;
    auto set = format::parse_table_set((*header)->name.view());
    if (!set || set->table != names_.table()) continue;
    if (set->kind != format::TableSet::Kind::kHead && set->generation != names_.generation())
      continue;
    set->table = names_.table();
    if (set->kind == format::TableSet::Kind::kBucket && set->state == format::BucketState::kOpen)
      map_.learn(set->bucket);
    sets.push_back(*set);
  }
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
      sighting.taken = set;
  }
  return sighting;
}

Result<void> Buckets::wait_for(const format::TableSet& taken, Backoff& backoff) {
  if (taken.port_id == connection_.port_id()) return finish_for(taken.port_id);
  // Only after a while is it worth asking whether he is alive.
  if (backoff.waits() > 2) {
    const auto claim = connection_.claim_port(taken.port_id);
    if (!claim) return tl::unexpected(claim.error());
    if (*claim) return finish_for(taken.port_id);
  }
  if (backoff.wait()) return {};
  const Error error{.code = ErrorCode::kLocked, .step = Step::kRename};
  return tl::unexpected(error);
}

ipset::SetName Buckets::name_of(format::BucketNumber bucket, format::BucketState state,
                                std::uint32_t port_id) const {
  return names_.of(port_id).bucket(bucket, state);
}

Result<void> Buckets::finish_for(std::uint32_t port_id) {
  const auto sets = look();
  if (!sets) return tl::unexpected(sets.error());
  const auto each = [&](format::BucketState state, auto visit) {
    for (const format::TableSet& set : *sets)
      if (set.kind == format::TableSet::Kind::kBucket && set.port_id == port_id &&
          set.state == state)
        visit(set.bucket);
  };
  bool all_open = true;
  each(format::BucketState::kHalved,
       [&](format::BucketNumber bucket) { all_open = open_halves(bucket, port_id) && all_open; });
  each(format::BucketState::kJoined,
       [&](format::BucketNumber bucket) { all_open = open_joined(bucket, port_id) && all_open; });
  each(format::BucketState::kLocked, [&](format::BucketNumber bucket) {
    const bool joined = std::any_of(sets->begin(), sets->end(), [&](const format::TableSet& set) {
      return set.state == format::BucketState::kJoined && set.port_id == port_id &&
             set.bucket == neighbour(bucket);
    });
    if (!joined)
      (void)rename(name_of(bucket, format::BucketState::kLocked, port_id), names_.bucket(bucket));
  });
  // One that could not be opened because somebody lists it is still to come.
  if (all_open)
    each(format::BucketState::kFilling, [&](format::BucketNumber bucket) {
      (void)destroy(name_of(bucket, format::BucketState::kFilling, port_id));
    });
  return {};
}

bool Buckets::open_halves(format::BucketNumber bucket, std::uint32_t port_id) {
  for (const format::BucketNumber half : {bucket * 2, bucket * 2 + 1}) {
    if (!rename(name_of(half, format::BucketState::kFilling, port_id), names_.bucket(half)))
      return false;
    map_.learn(half);
  }
  return destroy(name_of(bucket, format::BucketState::kHalved, port_id));
}

bool Buckets::open_joined(format::BucketNumber bucket, std::uint32_t port_id) {
  const format::BucketNumber whole = bucket / 2;
  if (!rename(name_of(whole, format::BucketState::kFilling, port_id), names_.bucket(whole)))
    return false;
  map_.learn(whole);
  return destroy(name_of(neighbour(bucket), format::BucketState::kLocked, port_id)) &&
         destroy(name_of(bucket, format::BucketState::kJoined, port_id));
}

Result<std::optional<format::BucketNumber>> Buckets::lock(const format::Digest& digest,
                                                          Backoff& backoff) {
  Search search(*this, digest);
  for (;;) {
    const format::BucketNumber bucket = search.bucket();
    batch_.clear();
    batch_.rename(names_.bucket(bucket).view(),
                  names_.bucket(bucket, format::BucketState::kLocked).view());
    if (auto executed = connection_.execute(batch_); !executed)
      return tl::unexpected(executed.error());
    if (batch_.code(0) == 0) {
      search.found();
      return bucket;
    }
    if (batch_.code(0) == IPSET_ERR_REFERENCED) {
      if (!backoff.wait()) return tl::unexpected(Error{.code = ErrorCode::kBusy});
      continue;
    }
    if (batch_.code(0) != ENOENT) return tl::unexpected(batch_.error(0));
    const auto more = search.next(backoff);
    if (!more) return tl::unexpected(more.error());
    if (!*more) return std::nullopt;
  }
}

Result<bool> Buckets::try_lock(format::BucketNumber bucket) {
  batch_.clear();
  batch_.rename(names_.bucket(bucket).view(),
                names_.bucket(bucket, format::BucketState::kLocked).view());
  if (auto executed = connection_.execute(batch_); !executed)
    return tl::unexpected(executed.error());
  return batch_.code(0) == 0;
}

void Buckets::queue_open(ipset::Batch& batch, format::BucketNumber bucket) const {
  batch.rename(names_.bucket(bucket, format::BucketState::kLocked).view(),
               names_.bucket(bucket).view());
}

void Buckets::open(format::BucketNumber bucket) {
  (void)rename(names_.bucket(bucket, format::BucketState::kLocked), names_.bucket(bucket));
}

bool Buckets::rename(const ipset::SetName& from, const ipset::SetName& to) {
  Backoff backoff(connection_.environment(), kLongestListing);
  do {
    batch_.clear();
    batch_.rename(from.view(), to.view());
    if (!connection_.execute(batch_)) return false;
  } while (batch_.code(0) == IPSET_ERR_REFERENCED && backoff.wait());
  return batch_.code(0) == 0 || batch_.code(0) == ENOENT;
}

bool Buckets::destroy(const ipset::SetName& name) {
  Backoff backoff(connection_.environment(), kLongestListing);
  do {
    batch_.clear();
    batch_.destroy(name.view());
    if (!connection_.execute(batch_)) return false;
  } while (batch_.code(0) == IPSET_ERR_BUSY && backoff.wait());
  return batch_.code(0) == 0 || batch_.code(0) == ENOENT;
}

}  // namespace ipsetkv::store
