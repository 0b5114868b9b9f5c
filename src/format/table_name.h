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

/// How many times a bucket can be split. That makes 65,536 buckets, more sets than the kernel has.
inline constexpr unsigned kMaxDepth = 16;

/// A bucket's number: a 1 bit, followed by the bits that all its digests begin with. The first
/// bucket is 1; bucket b is split into 2 b and 2 b + 1.
using BucketNumber = std::uint32_t;
inline constexpr BucketNumber kFirstBucket = 1;

[[nodiscard]] unsigned depth_of(BucketNumber bucket);
/// The bucket of this depth that a digest belongs to.
[[nodiscard]] BucketNumber bucket_at(const Digest& digest, unsigned depth);
/// Whether the digest belongs to the bucket.
[[nodiscard]] bool belongs_to(const Digest& digest, BucketNumber bucket);

/// The state of a bucket's set: a character behind the number in its name. In every state but kOpen
/// the set belongs to one writer, whose netlink port id follows the character.
enum class BucketState : char {
  kOpen = 0,       ///< Any process reads and writes it.
  kLocked = '-',   ///< Only its holder does, until it releases the lock.
  kFilling = '+',  ///< Being filled; will become kOpen.
  kSplit = '=',    ///< Both halves are complete and will replace it.
  kMerged = '<',   ///< The set that will replace it and its neighbour is complete.
};

/// The names of one table's sets. The part that differs comes first: the kernel finds a set by
/// comparing its name, byte by byte, with those of the sets before it. A table that is dropped and
/// made again has another generation, so a process that still has the old head loaded does not find
/// the new table's sets.
class TableNames {
 public:
  TableNames() = default;
  TableNames(std::string_view table, std::uint32_t port_id);

  static constexpr std::uint32_t kGenerations = 1U << 15;
  void set_generation(std::uint32_t generation);
  [[nodiscard]] std::uint32_t generation() const { return generation_; }

  [[nodiscard]] std::string_view table() const { return table_.view(); }
  /// The names that the writer with this port id gives to the same table's sets.
  [[nodiscard]] TableNames of(std::uint32_t port_id) const {
    TableNames other = *this;
    other.port_id_ = port_id;
    return other;
  }
  /// The set that holds the table's secret.
  [[nodiscard]] const ipset::SetName& head() const { return head_; }
  [[nodiscard]] ipset::SetName bucket(BucketNumber bucket) const;
  /// The bucket's set in a state in which it belongs to this writer.
  [[nodiscard]] ipset::SetName bucket(BucketNumber bucket, BucketState state) const;
  /// The set that holds the digests of long pairs.
  [[nodiscard]] ipset::SetName long_index() const;
  /// The set of this writer's long pair number `number`, modulo kLongPairs.
  static constexpr std::uint32_t kLongPairs = 1U << 20;
  [[nodiscard]] ipset::SetName long_pair(std::uint32_t number) const;

 private:
  ipset::FixedText<kMaxTableNameBytes> table_;
  std::uint32_t port_id_ = 0;
  std::uint32_t generation_ = 0;
  ipset::SetName head_;
  ipset::SetName back_;  ///< The end of all other names.
};

/// The parts of the name of a table's set.
struct TableSet {
  enum class Kind : std::uint8_t { kHead, kBucket, kLongIndex, kLongPair };
  std::string_view table;
  Kind kind = Kind::kHead;
  std::uint32_t generation = 0;
  BucketNumber bucket = 0;                 ///< Of a bucket.
  BucketState state = BucketState::kOpen;  ///< Of a bucket.
  std::uint32_t port_id = 0;               ///< Of a bucket that is not open, or a long pair.
};
/// Nothing if the name is not that of a table's set.
[[nodiscard]] std::optional<TableSet> parse_table_set(std::string_view set_name);

}  // namespace ipsetkv::format
