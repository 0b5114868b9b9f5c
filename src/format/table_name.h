// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "format/pair.h"
#include "ipset/fixed_text.h"

namespace ipsetkv::format {

/// The longest name of a table, in bytes: beside it a set's name holds a generation, a bucket's
/// number and a port id.
inline constexpr std::size_t kMaxTableNameBytes = 12;
/// 1 to 12 letters, digits, '_' and '.'.
[[nodiscard]] bool is_table_name(std::string_view name);

/// How many times a bucket can be halved: more sets than the kernel has would come of it.
inline constexpr unsigned kMaxDepth = 16;

/// A bucket's number: a 1 and behind it the bits that all its digests begin with. The first bucket
/// is 1, and those that come of halving b are 2 b and 2 b + 1.
using BucketNumber = std::uint32_t;
inline constexpr BucketNumber kFirstBucket = 1;

[[nodiscard]] unsigned depth_of(BucketNumber bucket);
/// The bucket of this depth that a digest belongs to.
[[nodiscard]] BucketNumber bucket_at(const Digest& digest, unsigned depth);
/// Whether the digest belongs to the bucket.
[[nodiscard]] bool belongs_to(const Digest& digest, BucketNumber bucket);

/// What a bucket's set is in, told by a mark behind its number. All but kOpen are of one writer,
/// whose netlink port id follows the mark.
enum class BucketState : char {
  kOpen = 0,       ///< Anybody reads and writes it.
  kLocked = '-',   ///< Its holder alone does, and will give it back.
  kFilling = '+',  ///< It is being put together, and will be opened.
  kHalved = '=',   ///< Its halves are complete, and will be opened in its place.
  kJoined = '<',   ///< What takes its and its neighbour's place is complete, and will be opened.
};

/// The names of one table's sets, and what tells them apart comes first: to find a set the kernel
/// compares names with those of all sets before it, byte by byte. A table that is dropped and made
/// again has another generation, so that nobody who still knows the former one meets its sets.
class TableNames {
 public:
  TableNames() = default;
  TableNames(std::string_view table, std::uint32_t port_id);

  static constexpr std::uint32_t kGenerations = 1U << 15;
  void set_generation(std::uint32_t generation);
  [[nodiscard]] std::uint32_t generation() const { return generation_; }

  [[nodiscard]] std::string_view table() const { return table_.view(); }
  /// The names that another writer gives to the same table's sets.
  [[nodiscard]] TableNames of(std::uint32_t port_id) const {
    TableNames other = *this;
    other.port_id_ = port_id;
    return other;
  }
  /// The set that holds the table's secret.
  [[nodiscard]] const ipset::SetName& head() const { return head_; }
  [[nodiscard]] ipset::SetName bucket(BucketNumber bucket) const;
  /// The bucket's set in a state that it is in by this writer's doing.
  [[nodiscard]] ipset::SetName bucket(BucketNumber bucket, BucketState state) const;
  /// The set that holds the digests of long pairs.
  [[nodiscard]] ipset::SetName long_index() const;
  /// The set of a long pair: this writer's `number`th.
  static constexpr std::uint32_t kLongPairs = 1U << 20;
  [[nodiscard]] ipset::SetName long_pair(std::uint32_t number) const;

 private:
  ipset::FixedText<kMaxTableNameBytes> table_;
  std::uint32_t port_id_ = 0;
  std::uint32_t generation_ = 0;
  ipset::SetName head_;
  ipset::SetName back_;  ///< What all others end with.
};

/// What a set's name says of it, if it is a table's.
struct TableSet {
  enum class Kind : std::uint8_t { kHead, kBucket, kLongIndex, kLongPair };
  std::string_view table;
  Kind kind = Kind::kHead;
  std::uint32_t generation = 0;
  BucketNumber bucket = 0;                 ///< Of a bucket.
  BucketState state = BucketState::kOpen;  ///< Of a bucket.
  std::uint32_t port_id = 0;               ///< Of a bucket that is not open, and a long pair.
};
[[nodiscard]] std::optional<TableSet> parse_table_set(std::string_view set_name);

}  // namespace ipsetkv::format
