// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "format/pair.h"
#include "ipsetkv/store.h"
#include "store/tables/open_table.h"

namespace ipsetkv::store {

/// A position in the order of digests, by their first 32 bits: where a scan goes on. kEndOfDigests
/// is behind all of them.
using Front = std::uint64_t;
inline constexpr unsigned kFrontBits = 32;
inline constexpr Front kEndOfDigests = Front{1} << kFrontBits;

/// A key as a listing of its bucket shows it.
struct Listed {
  format::Digest digest{};
  std::string key;
  std::string value;  ///< Of a short pair, if values are wanted.
  ipset::SetName long_set;
  std::optional<format::Moment> deadline;
  std::uint64_t value_bytes = 0;
  std::uint64_t elements = 1;
  std::uint64_t kernel_memory = 0;
};

/// The keys of a bucket, or of its part behind a position.
struct Page {
  format::BucketNumber bucket = format::kFirstBucket;
  std::vector<Listed> keys;
  bool with_values = false;
  /// An element was being replaced while it was listed, so a key may be missing.
  bool is_torn = false;
};

[[nodiscard]] KeyInfo describe(const format::TableNames& names, const Listed& listed,
                               format::BucketNumber bucket);

/// Reads the keys of a table bucket by bucket, in the order of the digests. A position keeps its
/// meaning when buckets are split or merged: a reader that goes on there gets every key that exists
/// throughout, once, and has no more than one bucket in memory.
class PageReader {
 public:
  explicit PageReader(OpenTable& table) : table_(table) {}

  /// Reads the bucket that the digest belongs to; again under its lock if that was torn. False if
  /// the table is gone.
  [[nodiscard]] Result<bool> read(const format::Digest& digest, Page& page, Backoff& backoff);

  /// Reads the bucket at `front`, and moves that behind it. False at the end.
  [[nodiscard]] Result<bool> next(Front& front, Page& page);
  /// The same, but of the loaded table only: false as well if that is gone, before the end.
  [[nodiscard]] Result<bool> next_of_loaded(Front& front, Page& page);

 private:
  [[nodiscard]] Result<bool> read_unlocked(const format::Digest& digest, Page& page,
                                           Backoff& backoff);
  [[nodiscard]] Result<bool> read_under_lock(const format::Digest& digest, Page& page,
                                             Backoff& backoff);
  [[nodiscard]] Result<bool> read_set(const ipset::SetName& bucket, Page& page);
  void take(const ipset::ElementView& element, format::Moment asked_at, Page& page);
  /// Reads the sets of the page's long pairs.
  [[nodiscard]] Result<void> complete(Page& page);

  OpenTable& table_;
  format::PairDecoder decoder_;
};

}  // namespace ipsetkv::store
