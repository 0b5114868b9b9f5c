// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "format/pair.h"
#include "format/table_name.h"
#include "ipset/connection.h"
#include "ipsetkv/error.h"
#include "store/backoff.h"
#include "store/tables/bucket_hold.h"
#include "store/tables/bucket_map.h"

namespace ipsetkv::store {

/// A table's buckets: finds the one of a digest, and locks single ones. The protocol between
/// writers that lock, split and merge buckets is described at the top of buckets.cc.
class Buckets {
 public:
  Buckets(ipset::Connection& connection, std::string_view table);
  Buckets(const Buckets&) = delete;
  Buckets& operator=(const Buckets&) = delete;

  [[nodiscard]] format::TableNames& names() { return names_; }
  [[nodiscard]] const format::TableNames& names() const { return names_; }
  [[nodiscard]] const BucketMap& map() const { return map_; }
  /// The number of the bucket whose plain name this is; nothing if it is none of this table.
  [[nodiscard]] std::optional<format::BucketNumber> open_bucket(std::string_view set_name) const;
  /// Forgets where digests were last found: that table is gone.
  void forget() { map_.clear(); }

  /// The buckets that a digest may be in, one after the other, as long as commands find no such
  /// set: the one where it was last found, those that a split or a merge has made of that, and at
  /// last the one that a listing of all names shows. Waits while that bucket is locked, and
  /// releases it if its holder is dead.
  class Search {
   public:
    Search(Buckets& buckets, const format::Digest& digest);
    [[nodiscard]] format::BucketNumber bucket() const { return bucket_; }
    /// Goes to the next bucket, because there is no set of this one. False if the table is gone.
    /// kLocked if the bucket stayed locked until the backoff's limit.
    [[nodiscard]] Result<bool> next(Backoff& backoff);
    /// To be called when the set of this bucket was there.
    void found();

   private:
    Buckets& buckets_;
    const format::Digest& digest_;
    format::BucketNumber bucket_;
    int misses_ = 0;
  };

  /// Locks the bucket of the digest. Nothing if the table is gone. kLocked if another process held
  /// it until the backoff's limit, kBusy if others listed it until then.
  [[nodiscard]] Result<std::optional<BucketHold>> acquire(const format::Digest& digest,
                                                          Backoff& backoff);
  /// Locks a bucket without waiting; nothing if that is not possible now. The backoff is for the
  /// release.
  [[nodiscard]] Result<std::optional<BucketHold>> try_acquire(format::BucketNumber bucket,
                                                              Backoff& backoff);

  /// Renames or destroys a set, retrying while it is listed or while the send fails. Succeeds as
  /// well if there is no such set. False if it could not be done; an error if that is unknown,
  /// because the kernel's answer was lost.
  [[nodiscard]] Result<bool> rename(const ipset::SetName& from, const ipset::SetName& to,
                                    Backoff& backoff);
  [[nodiscard]] Result<bool> destroy(const ipset::SetName& name, Backoff& backoff);

  /// Puts the halves of a bucket that is named split in its place, or the set of two buckets the
  /// first of which is named merged. If a set cannot be renamed now, finish_own is to do it.
  bool finish_split(format::BucketNumber bucket, std::uint32_t port_id, Backoff& backoff);
  bool finish_merge(format::BucketNumber bucket, std::uint32_t port_id, Backoff& backoff);
  /// Completes or undoes what the writer with this port id left unfinished, which must be dead or
  /// this one. Locks that this one holds stay.
  [[nodiscard]] Result<void> finish_for(std::uint32_t port_id, Backoff& backoff);

  /// Whether this writer has left something unfinished, such as a lock that it could not release.
  [[nodiscard]] bool has_unfinished() const { return has_unfinished_; }
  void note_unfinished() { has_unfinished_ = true; }
  /// Tries that again.
  void finish_own(Backoff& backoff);

  /// The table's sets of this generation, and its head, by a listing of all names. Learns where
  /// the buckets are.
  [[nodiscard]] Result<std::vector<format::TableSet>> look();

 private:
  friend class BucketHold;
  /// What a listing shows of the bucket of a digest.
  struct Sighting {
    std::optional<format::BucketNumber> open;
    std::optional<format::TableSet> locked;  ///< Without the table's name.
  };

  /// Renames the bucket to its locked name. Returns the kernel's code.
  [[nodiscard]] Result<std::int32_t> lock(format::BucketNumber bucket, Backoff& backoff);
  void release(format::BucketNumber bucket, Backoff& backoff);
  void note_held(format::BucketNumber bucket);
  void note_released(format::BucketNumber bucket);
  [[nodiscard]] bool is_held(format::BucketNumber bucket) const;

  /// Executes the one command that `queue` puts into the batch, until its code is not `obstacle`.
  template <class Queue>
  [[nodiscard]] Result<bool> repeat(std::int32_t obstacle, Backoff& backoff, const Queue& queue);

  /// Whether the table that was loaded still exists, and no other one in its place.
  [[nodiscard]] Result<bool> exists();
  [[nodiscard]] Result<Sighting> look_for(const format::Digest& digest);
  /// Waits for the holder of the bucket, or finishes for it if it is dead.
  [[nodiscard]] Result<void> wait_for(const format::TableSet& locked, Backoff& backoff);

  static constexpr std::size_t kMostHeld = 2;

  ipset::Connection& connection_;
  format::TableNames names_;
  BucketMap map_;
  ipset::Batch batch_;
  std::array<format::BucketNumber, kMostHeld> held_{};  ///< 0 where there is none.
  bool has_unfinished_ = false;
};

}  // namespace ipsetkv::store
