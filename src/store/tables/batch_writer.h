// SPDX-License-Identifier: MIT
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "store/backend.h"
#include "store/tables/bucket_groups.h"
#include "store/tables/growth_schedule.h"
#include "store/tables/writer.h"

namespace ipsetkv::store {

/// Writes and removes many keys of a table with few sends, each with as many commands as fit. Keys
/// whose commands fail, because the bucket was split or locked, are done one by one.
class TableBatchWriter {
 public:
  TableBatchWriter(OpenTable& table, TableWriter& writer, GrowthSchedule& schedule)
      : table_(table), writer_(writer), schedule_(schedule) {}

  [[nodiscard]] Result<void> write_all(std::span<const KeyValue> pairs,
                                       const Backend::VisitWritten& visit);
  [[nodiscard]] Result<void> remove_all(std::span<const std::string_view> keys,
                                        const Backend::VisitRemoved& visit);

 private:
  /// Writes pairs between two looks at the number of buckets.
  [[nodiscard]] Result<void> write_some(std::span<const KeyValue> pairs,
                                        const Backend::VisitWritten& visit, Backoff& backoff);
  /// Marks the table if a pair has a deadline. Forgets it if it is gone.
  [[nodiscard]] Result<void> mark_if_needed(std::span<const KeyValue> pairs);
  /// Executes one batch with the first of the pairs; how many it was for.
  [[nodiscard]] Result<std::size_t> write_batch(KeyGroup wanted, std::span<const KeyValue> pairs,
                                                const Backend::VisitWritten& visit);
  /// Queues one `add` for each bucket, as many as there is room for. Returns the pairs of each.
  [[nodiscard]] std::vector<KeyGroup> queue_writes(KeyGroup wanted,
                                                   std::span<const KeyValue> pairs);
  /// Appends the pair to the command; false if it has to be written by itself.
  [[nodiscard]] bool append(const KeyValue& pair, const format::Digest& digest, format::Moment now);
  [[nodiscard]] Result<void> write_singly(KeyGroup wanted, std::span<const KeyValue> pairs,
                                          const Backend::VisitWritten& visit);
  /// Removes some keys, as many as returned.
  [[nodiscard]] Result<std::size_t> remove_some(std::span<const std::string_view> keys,
                                                const Backend::VisitRemoved& visit);
  [[nodiscard]] Result<void> remove_batch(std::span<const std::string_view> keys,
                                          const Backend::VisitRemoved& visit, Backoff& backoff);
  [[nodiscard]] Result<void> remove_one(std::string_view key, std::size_t index,
                                        const Backend::VisitRemoved& visit);

  OpenTable& table_;
  TableWriter& writer_;
  GrowthSchedule& schedule_;
  ipset::Element element_;  ///< Reused for each pair.
};

}  // namespace ipsetkv::store
