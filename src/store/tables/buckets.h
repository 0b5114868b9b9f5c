// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "format/pair.h"
#include "format/table_name.h"
#include "ipset/connection.h"
#include "ipsetkv/error.h"
#include "store/backoff.h"
#include "store/tables/bucket_map.h"

namespace ipsetkv::store {

/// A table's buckets: which one a digest belongs to, and having one for oneself. How writers that
/// halve and join buckets leave the others unharmed, wherever they die, stands at the top of
/// buckets.cc.
class Buckets {
 public:
  Buckets(ipset::Connection& connection, std::string_view table);
  Buckets(const Buckets&) = delete;
  Buckets& operator=(const Buckets&) = delete;

  [[nodiscard]] format::TableNames& names() { return names_; }
  [[nodiscard]] const format::TableNames& names() const { return names_; }
  [[nodiscard]] const BucketMap& map() const { return map_; }
  /// The bucket that a set is, if it is an open one of this table.
  [[nodiscard]] std::optional<format::BucketNumber> open_bucket(std::string_view set_name) const;
  /// All that is known about the buckets is of a table that is gone.
  void forget() { map_.clear(); }

  /// Where a digest may be, one bucket after the other, while commands find no such set: first
  /// where it was last seen, then where halving or joining has put it, then where a listing of all
  /// names shows it. A bucket that somebody has for himself is waited for, and opened again where
  /// he died.
  class Search {
   public:
    Search(Buckets& buckets, const format::Digest& digest);
    [[nodiscard]] format::BucketNumber bucket() const { return bucket_; }
    /// There was no set of that bucket: goes on to the next. False if the table is gone. kLocked if
    /// somebody had the bucket until the time was up.
    [[nodiscard]] Result<bool> next(Backoff& backoff);
    /// The bucket was there.
    void found();

   private:
    Buckets& buckets_;
    const format::Digest& digest_;
    format::BucketNumber bucket_;
    int misses_ = 0;
  };

  /// Has the bucket of the digest for oneself, until `open`: nobody else finds it. Nothing if the
  /// table is gone. kLocked if others had it until the time was up, kBusy if they read it.
  [[nodiscard]] Result<std::optional<format::BucketNumber>> lock(const format::Digest& digest,
                                                                 Backoff& backoff);
  /// The same for a bucket by its number, without waiting: false if it is not to be had now.
  [[nodiscard]] Result<bool> try_lock(format::BucketNumber bucket);
  /// Queues giving it back.
  void queue_open(ipset::Batch& batch, format::BucketNumber bucket) const;
  /// Gives it back at once, and again if a batch could not because somebody was listing it.
  void open(format::BucketNumber bucket);

  /// Opens what was decided by naming `bucket` halved or joined; false if somebody keeps one of its
  /// sets from it, so that it has to be done later.
  [[nodiscard]] bool open_halves(format::BucketNumber bucket, std::uint32_t port_id);
  [[nodiscard]] bool open_joined(format::BucketNumber bucket, std::uint32_t port_id);

  /// Renames or destroys a set unless that has happened already, and tries again while somebody
  /// lists it. False if it is there still.
  [[nodiscard]] bool rename(const ipset::SetName& from, const ipset::SetName& to);
  [[nodiscard]] bool destroy(const ipset::SetName& name);

  /// Brings to an end what the writer with this port id left unfinished, who must be dead or this
  /// one.
  [[nodiscard]] Result<void> finish_for(std::uint32_t port_id);

  /// The open buckets and the others of this table's generation, by a listing of all names.
  [[nodiscard]] Result<std::vector<format::TableSet>> look();

 private:
  /// What a listing shows of the bucket of a digest.
  struct Sighting {
    std::optional<format::BucketNumber> open;
    std::optional<format::TableSet> taken;  ///< Without the table's name.
  };
  /// Whether the table that is known is still there, and no other one in its place.
  [[nodiscard]] Result<bool> is_there();
  [[nodiscard]] Result<Sighting> look_for(const format::Digest& digest);
  /// Waits for whoever has the bucket, or takes it from the dead.
  [[nodiscard]] Result<void> wait_for(const format::TableSet& taken, Backoff& backoff);
  [[nodiscard]] ipset::SetName name_of(format::BucketNumber bucket, format::BucketState state,
                                       std::uint32_t port_id) const;

  ipset::Connection& connection_;
  format::TableNames names_;
  BucketMap map_;
  ipset::Batch batch_;
};

}  // namespace ipsetkv::store
