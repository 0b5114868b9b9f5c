// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "format/archive_writer.h"
#include "store/tables/page.h"
#include "store/tables/reader.h"

namespace ipsetkv::store {

/// Saves a table as text: its head, then each bucket behind the sets of its long pairs, then the
/// index of these. The text is a whole table, so `ipset restore` makes one of it, even if other
/// processes split and merge buckets meanwhile: the buckets in the text cover each digest once.
class TableSaver {
 public:
  TableSaver(OpenTable& table, TableReader& reader, PageReader& pages)
      : table_(table), reader_(reader), pages_(pages) {}

  /// As Store::save.
  [[nodiscard]] Result<std::uint64_t> save(
      const std::function<Result<void>(std::string_view text)>& write);

 private:
  using Digests = std::vector<format::Digest>;

  [[nodiscard]] Result<void> save_head(format::ArchiveWriter& archive);
  /// Saves all pages. Returns the number of keys; appends the digests of the long pairs.
  [[nodiscard]] Result<std::uint64_t> save_pages(format::ArchiveWriter& archive,
                                                 Digests& long_pairs);
  /// Saves the sets of a page's long pairs and appends their digests. Updates those that were
  /// replaced by short ones since the page was read, and removes those that are gone.
  [[nodiscard]] Result<void> save_long_pairs(format::ArchiveWriter& archive, Page& page,
                                             Digests& long_pairs);
  [[nodiscard]] Result<void> save_long_pair(format::ArchiveWriter& archive, Listed& listed);
  /// Reads again a pair that was replaced since its page was read, its value into value_.
  [[nodiscard]] Result<void> read_again(Listed& listed);
  /// Saves a page as the buckets that cover it, from one position to another.
  [[nodiscard]] Result<void> save_buckets(format::ArchiveWriter& archive, Front begin, Front end,
                                          const Page& page);
  [[nodiscard]] Result<void> save_bucket(format::ArchiveWriter& archive,
                                         format::BucketNumber bucket, const Page& page);
  [[nodiscard]] Result<void> save_index(format::ArchiveWriter& archive, const Digests& long_pairs);

  OpenTable& table_;
  TableReader& reader_;
  PageReader& pages_;
  std::string value_;
};

}  // namespace ipsetkv::store
