// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ipset/connection.h"
#include "ipsetkv/error.h"
#include "ipsetkv/store.h"
#include "layout/pair.h"
#include "store/backend.h"
#include "store/bucket_growth.h"
#include "store/buckets.h"
#include "store/change.h"
#include "store/drawer_reader.h"
#include "store/drawer_writer.h"
#include "store/table_head.h"

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
                                   std::optional<std::uint64_t> deadline) override;
  [[nodiscard]] Result<bool> remove(std::string_view key) override;
  [[nodiscard]] Result<bool> update(std::string_view key, std::string* value,
                                    const Decide& decide) override;
  [[nodiscard]] Result<bool> transfer(std::string_view key, std::string_view new_key,
                                      Transfer how) override;
  [[nodiscard]] Result<void> for_each(std::string_view pattern,
                                      const std::function<void(const KeyInfo&)>& visit) override;
  [[nodiscard]] Result<ScanPage> scan(std::uint64_t cursor, std::string_view pattern,
                                      std::size_t count) override;
  [[nodiscard]] Result<std::uint64_t> save(
      const std::function<Result<void>(std::string_view text)>& write) override;
  [[nodiscard]] Result<SweepResult> sweep() override;

 private:
  /// What lies in a bucket under a digest.
  struct Slot {
    bool there = false;
    bool ended = false;  ///< It is there, but its time has passed.
    std::optional<std::uint64_t> deadline;
    std::size_t value_bytes = 0;
    ipset::SetName long_set;  ///< Of a long pair.
    std::size_t key_bytes = 0;
    BucketGrowth::Fill fill;

    [[nodiscard]] bool is_present() const { return there && !ended; }
  };

  /// A key as a listing of a bucket shows it.
  struct Listed {
    layout::Digest digest{};
    std::string key;
    std::size_t value_bytes = 0;
    std::size_t key_bytes = 0;
    ipset::SetName long_set;
    std::optional<std::uint64_t> deadline;
  };
  /// Reads the keys of the bucket at the place `front` in the order of digests, and moves that
  /// behind them. False at the end.
  [[nodiscard]] Result<bool> next_page(std::uint64_t& front, std::vector<Listed>& page);
  [[nodiscard]] Result<bool> read_page(const ipset::SetName& bucket, std::vector<Listed>& page);
  [[nodiscard]] Result<void> complete(std::vector<Listed>& page);
  [[nodiscard]] KeyInfo describe(const Listed& listed) const;

  /// Knows the table's secret; false if there is no table. `make`: makes one then.
  [[nodiscard]] Result<bool> know(bool make);
  /// The table that was known is gone.
  void forget();
  /// Sees to it that others know what the table holds.
  [[nodiscard]] Result<void> announce(std::optional<std::uint64_t> deadline, bool is_long);

  [[nodiscard]] Result<std::optional<Slot>> read_slot(const ipset::SetName& bucket,
                                                      const layout::Digest& digest,
                                                      std::string_view key, std::string* value);
  [[nodiscard]] Result<bool> take_slot(const ipset::ElementView& element, std::string_view key,
                                       std::string* value, Slot& slot);
  /// False if the long pair's set is not there any more.
  [[nodiscard]] Result<bool> read_long(const Slot& slot, std::string_view key, std::string* value);
  [[nodiscard]] Result<std::optional<Present>> read_known(std::string_view key, std::string* value,
                                                          Patience& patience, bool& gone);

  /// Makes the element of a pair, and the set of a long one.
  [[nodiscard]] Result<void> encode(std::string_view key, std::string_view value,
                                    std::optional<std::uint64_t> deadline);
  [[nodiscard]] Result<void> encode_long(std::string_view key, std::string_view value,
                                         std::optional<std::uint64_t> deadline, layout::Pair& pair);
  /// Sends the one command in the batch that `queue` fills for a bucket's name, to where the digest
  /// is. Its code; nothing if the table is gone.
  using Queue = std::function<void(std::string_view bucket)>;
  [[nodiscard]] Result<std::optional<std::int32_t>> send(const layout::Digest& digest,
                                                         const Queue& queue, Patience& patience);

  /// Replaces what is under the digest by the element; false if the table is gone.
  [[nodiscard]] Result<bool> replace(const layout::Digest& digest, std::string_view key,
                                     Patience& patience);
  [[nodiscard]] Result<void> put(BucketNumber bucket, std::string_view key, const Slot& slot);
  [[nodiscard]] Result<bool> update_locked(BucketNumber bucket, const layout::Digest& digest,
                                           std::string_view key, std::string* value,
                                           const Decide& decide);
  [[nodiscard]] Result<bool> apply(BucketNumber bucket, std::string_view key, const Slot& slot,
                                   const Change& change);
  /// The buckets of a rename or copy; they may be one.
  struct Pair {
    BucketNumber from;
    BucketNumber to;
  };
  [[nodiscard]] Result<std::optional<Pair>> lock_both(const layout::Digest& one,
                                                      const layout::Digest& other,
                                                      Patience& patience);
  void open_both(const Pair& buckets);
  [[nodiscard]] Result<bool> transfer_locked(const Pair& buckets, std::string_view key,
                                             std::string_view new_key, Transfer how);

  [[nodiscard]] Result<std::vector<std::string>> long_sets();
  [[nodiscard]] Result<void> leave_out_named(std::vector<std::string>& sets);
  [[nodiscard]] Result<std::uint64_t> sweep_long_sets();

  /// Removes the set of the long pair that was encoded last, which no element names.
  void discard_encoded();
  void destroy_long(const ipset::SetName& set);
  /// Now and then looks how full a bucket is that was written to.
  void sample(BucketNumber bucket);

  ipset::Connection& connection_;
  DrawerReader long_reader_;
  DrawerWriter long_writer_;
  std::chrono::milliseconds timeout_;
  Buckets buckets_;
  BucketGrowth growth_;
  ipset::Batch batch_;
  layout::PairDecoder decoder_;
  ipset::Element element_;
  ipset::SetName encoded_set_;  ///< The one that `element_` names, if it is of a long pair.
  std::optional<TableHead> head_;
  std::string long_pair_;  ///< Key and value, one behind the other; its memory is reused.
  std::string moved_;      ///< What `transfer` carries.
  std::uint32_t next_long_ = 0;
  std::uint32_t writes_ = 0;
};

}  // namespace ipsetkv::store
