// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "format/archive_writer.h"
#include "format/pair.h"
#include "ipset/connection.h"
#include "ipsetkv/error.h"
#include "ipsetkv/store.h"
#include "store/backend.h"
#include "store/change.h"
#include "store/tables/bucket_growth.h"
#include "store/tables/buckets.h"
#include "store/tables/head.h"
#include "store/tables/long_pairs.h"

namespace ipsetkv::store {

/// Keys and values in the buckets of a table: any number of them in few sets. A pair that fits into
/// one comment is one element; a longer one has a set of its own, which the element names.
///
/// What each call does with the kernel stands at the top of table.cc.
class Table final : public Backend {
 public:
  Table(ipset::Connection& connection, std::string_view name, std::chrono::milliseconds timeout);

  [[nodiscard]] Result<std::optional<Present>> read(std::string_view key,
                                                    std::string* value) override;
  [[nodiscard]] Result<bool> exists(std::string_view key) override;
  [[nodiscard]] Result<std::optional<KeyInfo>> info(std::string_view key) override;
  [[nodiscard]] Result<void> write(std::string_view key, std::string_view value, Layout layout,
                                   std::optional<format::Moment> deadline) override;
  [[nodiscard]] Result<bool> remove(std::string_view key) override;
  [[nodiscard]] Result<bool> update(std::string_view key, std::string* value,
                                    const Decide& decide) override;
  [[nodiscard]] Result<bool> transfer(std::string_view key, std::string_view new_key,
                                      Transfer how) override;

  [[nodiscard]] Result<void> read_all(std::span<const std::string_view> keys,
                                      const VisitValue& visit) override;
  [[nodiscard]] Result<void> write_all(std::span<const KeyValue> pairs,
                                       const VisitWritten& visit) override;
  [[nodiscard]] Result<void> remove_all(std::span<const std::string_view> keys,
                                        const VisitRemoved& visit) override;

  [[nodiscard]] Result<void> for_each(std::string_view pattern,
                                      const std::function<void(const KeyInfo&)>& visit) override;
  [[nodiscard]] Result<ScanPage> scan(std::uint64_t cursor, std::string_view pattern,
                                      std::size_t count) override;
  [[nodiscard]] Result<std::uint64_t> save(
      const std::function<Result<void>(std::string_view text)>& write) override;
  [[nodiscard]] std::string_view table() const override { return buckets_.names().table(); }
  [[nodiscard]] Result<std::optional<TableInfo>> table_info() override;
  [[nodiscard]] Result<bool> drop(const DropProgress& progress) override;
  [[nodiscard]] Result<SweepResult> sweep() override;

 private:
  /// What lies in a bucket under a digest.
  struct Slot {
    bool there = false;
    bool ended = false;  ///< It is there, but its time has passed.
    std::optional<format::Moment> deadline;
    std::size_t value_bytes = 0;
    /// The kernel was replacing the element: what it says could not be read.
    bool is_in_flux = false;
    ipset::SetName long_set;  ///< Of a long pair.
    BucketGrowth::Fill fill;
    format::Moment asked_at{};  ///< Before the bucket was listed.

    /// Whether its time had passed by then, and not only by the time it was looked at.
    [[nodiscard]] bool had_ended() const { return ended && deadline && *deadline <= asked_at; }
    /// Whether it takes a look at the locked bucket to know what is there.
    [[nodiscard]] bool is_doubtful() const { return is_in_flux || (ended && !had_ended()); }
    [[nodiscard]] bool is_present() const { return there && !ended; }
    [[nodiscard]] bool is_long() const { return !long_set.empty(); }
  };

  // table.cc: what is known of the table, and reading.

  /// Knows the table's secret; false if there is no table. `make`: makes one then.
  [[nodiscard]] Result<bool> know(bool make);
  [[nodiscard]] format::Moment now() const { return format::now(connection_.environment()); }
  /// The table that was known is gone.
  void forget() { head_.reset(); }
  [[nodiscard]] format::Digest digest_of(std::string_view key) const {
    return head_->secret.digest(key);
  }
  /// The set that a listing is of; null if there is none.
  [[nodiscard]] static Result<const ipset::SetHeader*> bucket_in(ipset::Listing& listing);
  [[nodiscard]] Result<std::optional<Slot>> read_slot(const ipset::SetName& bucket,
                                                      const format::Digest& digest,
                                                      std::string_view key, std::string* value);
  void take_slot(const ipset::ElementView& element, std::string_view key, std::string* value,
                 Slot& slot);
  /// Completes what the slot of a long pair says; false if that is not there any more.
  [[nodiscard]] Result<bool> read_long(Slot& slot, std::string_view key, std::string* value);
  /// The slot of a key, as a reader finds it; nothing if the table is gone. Of a long pair `find`
  /// knows all.
  [[nodiscard]] Result<std::optional<Slot>> find_slot(const format::Digest& digest,
                                                      std::string_view key, std::string* value,
                                                      Backoff& backoff);
  [[nodiscard]] Result<std::optional<Slot>> find(std::string_view key, std::string* value,
                                                 Backoff& backoff);

  /// Reads a key whose slot is doubtful, with its bucket locked.
  [[nodiscard]] Result<std::optional<Present>> settle(std::string_view key, std::string* value);

  // table_change.cc: writing and removing.

  static constexpr std::size_t kShortestPause = 16;
  static constexpr std::size_t kLongestPause = 512;
  /// How many keys a bucket gets at most, on average, between two looks at all of them.
  static constexpr std::size_t kMostKeysBetween = 8;

  /// Sends the commands that `queue` puts into the batch, the first of them to the bucket of the
  /// digest. Returns the first one's code; nothing if the table is gone.
  template <class Queue>
  [[nodiscard]] Result<std::optional<std::int32_t>> send(const format::Digest& digest,
                                                         const Queue& queue, Backoff& backoff);
  /// Queues asking whether the head has an element, a mark or the secret, and looks at the answer.
  void queue_question(const ipset::Address& address);
  [[nodiscard]] bool answer_at(std::size_t command) const { return batch_.code(command) == 0; }
  /// Asks the kernel whether the table has the mark for deadlines, unless it is known to have it.
  [[nodiscard]] Result<void> check_for_deadlines();
  /// Sets the table's mark for pairs with deadlines, or for long pairs, unless it is set.
  [[nodiscard]] Result<void> mark_deadlines();
  [[nodiscard]] Result<void> mark_long_pairs();
  /// Makes the element of a pair, and the set of a long one.
  [[nodiscard]] Result<void> encode(std::string_view key, std::string_view value,
                                    std::optional<format::Moment> deadline);
  /// Removes the set of the long pair that was encoded last, which no element names.
  void discard_encoded();
  /// Whether the digest's element can be replaced or removed without being looked at.
  [[nodiscard]] Result<bool> is_plain(const format::Digest& digest);
  /// Writes what was encoded; false if the table is gone.
  [[nodiscard]] Result<bool> write_plain(const format::Digest& digest, std::string_view key,
                                         Backoff& backoff);
  [[nodiscard]] Result<bool> write_locked(const format::Digest& digest, std::string_view key,
                                          Backoff& backoff);
  [[nodiscard]] Result<std::optional<bool>> remove_plain(const format::Digest& digest,
                                                         std::string_view key, Backoff& backoff);
  /// Decides over a key of a table that is not there; whether the table was made.
  [[nodiscard]] Result<bool> make_if_wanted(std::string* value, const Decide& decide);
  [[nodiscard]] Result<bool> update_locked(format::BucketNumber bucket,
                                           const format::Digest& digest, std::string_view key,
                                           std::string* value, const Decide& decide);
  /// Does what was decided in a locked bucket, and opens it. Whether there was anything to do.
  [[nodiscard]] Result<bool> carry_out(const Change& change, format::BucketNumber bucket,
                                       const format::Digest& digest, std::string_view key,
                                       const Slot& slot);
  /// Queues the element that was encoded, in place of what the slot says, in a locked bucket.
  void queue_put(const ipset::SetName& bucket, const format::Digest& digest, const Slot& slot);
  void queue_removal(const ipset::SetName& bucket, const format::Digest& digest, const Slot& slot);
  /// Puts the element that was encoded into the locked bucket, or takes the key's out, and opens
  /// it.
  [[nodiscard]] Result<void> put(format::BucketNumber bucket, const format::Digest& digest,
                                 std::string_view key, const Slot& slot);
  [[nodiscard]] Result<void> take_out(format::BucketNumber bucket, const format::Digest& digest,
                                      std::string_view key, const Slot& slot);
  /// Sends what was queued for the locked bucket, and opens that.
  [[nodiscard]] Result<void> finish_locked(format::BucketNumber bucket, std::string_view key,
                                           const Slot& slot);
  /// Now and then looks how full a bucket is that was written to, what marks the table has, and
  /// whether it is still the same.
  void sample(format::BucketNumber bucket, std::size_t writes = 1);

  // table_transfer.cc

  /// The buckets of a rename or copy; they may be one.
  struct Pair {
    format::BucketNumber from;
    format::BucketNumber to;
  };
  [[nodiscard]] Result<std::optional<Pair>> lock_both(const format::Digest& one,
                                                      const format::Digest& other,
                                                      Backoff& backoff);
  void open_both(const Pair& buckets);
  [[nodiscard]] Result<bool> transfer_locked(const Pair& buckets, std::string_view key,
                                             std::string_view new_key, Transfer how);

  // table_batch.cc

  /// The keys' digests with their places in the order they were given, bucket by bucket.
  struct Wanted {
    format::Digest digest;
    std::size_t index;
  };
  using Group = std::span<const Wanted>;
  template <class Keys>
  [[nodiscard]] std::vector<Wanted> by_bucket(const Keys& keys) const;
  /// How many of them, from the first on, belong to one bucket.
  [[nodiscard]] std::size_t count_of_first_bucket(Group wanted) const;
  /// All of one bucket; false if that is not there.
  [[nodiscard]] Result<bool> read_several(Group wanted, std::span<const std::string_view> keys,
                                          const VisitValue& visit);
  /// What one listing of a bucket says of the keys that are wanted.
  struct Seen {
    std::vector<bool> met;           ///< Whether there is an element.
    std::vector<std::size_t> apart;  ///< Those that have to be read by themselves.
    std::string value;
  };
  void take_wanted(const ipset::ElementView& element, Group wanted,
                   std::span<const std::string_view> keys, const VisitValue& visit, Seen& seen);
  [[nodiscard]] Result<void> read_one(std::size_t index, std::string_view key,
                                      const VisitValue& visit);
  [[nodiscard]] Result<void> read_singly(Group wanted, std::span<const std::string_view> keys,
                                         const VisitValue& visit);
  [[nodiscard]] Result<void> write_some(std::span<const KeyValue> pairs, const VisitWritten& visit);
  [[nodiscard]] Result<void> write_singly(Group wanted, std::span<const KeyValue> pairs,
                                          const VisitWritten& visit);
  /// Queues one `add` for each bucket, as many as there is room for; what each of them adds.
  [[nodiscard]] std::vector<Group> queue_writes(Group wanted, std::span<const KeyValue> pairs);
  [[nodiscard]] Result<void> remove_several(std::span<const std::string_view> keys,
                                            const VisitRemoved& visit);
  /// Lets the number of buckets follow so many writes.
  void follow_writes(std::size_t writes);

  // table_listing.cc

  /// A key as a listing of a bucket shows it.
  struct Listed {
    format::Digest digest{};
    std::string key;
    std::string value;  ///< Of a short pair, if values are asked for.
    ipset::SetName long_set;
    std::optional<format::Moment> deadline;
    std::uint64_t value_bytes = 0;
    std::uint64_t elements = 1;
    std::uint64_t kernel_memory = 0;
  };
  /// A bucket as it was listed, or the part of one from a place in the order of digests on.
  struct Page {
    format::BucketNumber bucket = format::kFirstBucket;
    std::vector<Listed> keys;
    bool with_values = false;
    /// Nothing was being replaced while it was listed, so that no key is missing.
    bool is_settled = true;
  };
  /// Reads the keys of the bucket that the digest is in; false if the table is gone.
  [[nodiscard]] Result<bool> list_page(const format::Digest& digest, Page& page, Backoff& backoff);
  /// The same with the bucket locked.
  [[nodiscard]] Result<bool> list_locked_page(const format::Digest& digest, Page& page,
                                              Backoff& backoff);
  /// The same without what is just being replaced.
  [[nodiscard]] Result<bool> list_settled_page(const format::Digest& digest, Page& page,
                                               Backoff& backoff);
  /// Reads the keys of the bucket at the place `front` in the order of digests, and moves that
  /// behind them. False at the end.
  [[nodiscard]] Result<bool> next_page(std::uint64_t& front, Page& page);
  /// The same of no other table than the known one; false as well if that is gone, before the end.
  [[nodiscard]] Result<bool> next_known_page(std::uint64_t& front, Page& page);
  [[nodiscard]] Result<bool> read_page(const ipset::SetName& bucket, Page& page);
  void take_listed(const ipset::ElementView& element, format::Moment asked_at, Page& page);
  /// Completes what a page says of its long pairs.
  [[nodiscard]] Result<void> complete(Page& page);
  [[nodiscard]] KeyInfo describe(const Listed& listed, format::BucketNumber bucket) const;

  // table_archive.cc

  [[nodiscard]] Result<void> save_head(format::ArchiveWriter& archive);
  /// All of its pages; how many keys they have, and the digests of the long pairs, appended.
  [[nodiscard]] Result<std::uint64_t> save_pages(format::ArchiveWriter& archive,
                                                 std::vector<format::Digest>& long_pairs);
  /// The long pairs of a page, whose digests are appended. Those that have become short are
  /// changed in it, and those that have gone are left out.
  [[nodiscard]] Result<void> save_page(format::ArchiveWriter& archive, Page& page,
                                       std::vector<format::Digest>& long_pairs);
  [[nodiscard]] Result<void> save_long_pair(format::ArchiveWriter& archive, Listed& listed);
  /// Looks again for a pair that was replaced since its bucket was listed; its value in `moved_`.
  [[nodiscard]] Result<void> find_again(Listed& listed);
  /// The buckets that cover a page, which goes from one place in the order of digests to another.
  [[nodiscard]] Result<void> save_buckets(format::ArchiveWriter& archive, std::uint64_t begin,
                                          std::uint64_t end, const Page& page);
  [[nodiscard]] Result<void> save_bucket(format::ArchiveWriter& archive,
                                         format::BucketNumber bucket, const Page& page);
  [[nodiscard]] Result<void> save_index(format::ArchiveWriter& archive,
                                        const std::vector<format::Digest>& long_pairs);

  // table_sweep.cc

  /// The table's sets, of whatever generation, that are wanted.
  [[nodiscard]] Result<std::vector<std::string>> names_of(
      const std::function<bool(const format::TableSet&)>& wanted);
  [[nodiscard]] Result<std::uint64_t> finish_for_the_dead();
  /// Removes the sets of tables of this name that were dropped, or never finished.
  [[nodiscard]] Result<std::uint64_t> sweep_former_sets();
  [[nodiscard]] Result<std::uint64_t> sweep_long_pairs();
  using Names = std::set<std::string, std::less<>>;
  using Claims = std::map<std::uint32_t, netlink::PortClaim>;
  /// Moves those whose owners are dead, or this Store, to the result, with their port ids claimed.
  [[nodiscard]] Result<Names> claim_owners(Names& long_sets, Claims& claims) const;
  /// Takes out the names that an element says.
  [[nodiscard]] Result<void> leave_unnamed(Names& long_sets);

  ipset::Connection& connection_;
  std::chrono::milliseconds timeout_;
  Buckets buckets_;
  BucketGrowth growth_;
  LongPairs long_pairs_;
  ipset::Batch batch_;
  format::PairDecoder decoder_;
  std::optional<TableHead> head_;
  ipset::Element element_;              ///< What `encode` has made.
  ipset::SetName encoded_set_;          ///< The one that `element_` names, if it is of a long pair.
  std::string moved_;                   ///< What `transfer` carries.
  std::size_t writes_ = 0;              ///< Since the last look at how full a bucket is,
  std::size_t pause_ = kShortestPause;  ///< and after how many the next one is due.
  std::size_t writes_at_once_ = 0;      ///< Since the last look at all buckets,
  std::size_t pause_at_once_ = 0;       ///< and after how many the next one is due.
};

}  // namespace ipsetkv::store
