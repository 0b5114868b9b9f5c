// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "store/backend.h"
#include "store/tables/bucket_groups.h"
#include "store/tables/reader.h"

namespace ipsetkv::store {

/// Reads many keys of a table with one listing for all keys of a bucket. Keys that this does not
/// answer, because the bucket was split or locked, are read one by one.
class TableBatchReader {
 public:
  TableBatchReader(OpenTable& table, SlotReader& slots, TableReader& reader)
      : table_(table), slots_(slots), reader_(reader) {}

  [[nodiscard]] Result<void> read_all(std::span<const std::string_view> keys,
                                      const Backend::VisitValue& visit);

 private:
  /// What one listing of a bucket says of the wanted keys.
  struct Seen {
    std::vector<bool> met;            ///< There is an element of the key.
    std::vector<std::size_t> unsure;  ///< Those that have to be read one by one.
    std::string value;
  };
  /// Reads keys of one bucket; false if that is not there.
  [[nodiscard]] Result<bool> read_bucket(KeyGroup wanted, format::BucketNumber bucket,
                                         std::span<const std::string_view> keys,
                                         const Backend::VisitValue& visit);
  /// Lists the bucket, and reports the values that it shows; false if it is not there.
  [[nodiscard]] Result<bool> list_bucket(KeyGroup wanted, format::BucketNumber bucket,
                                         std::span<const std::string_view> keys,
                                         const Backend::VisitValue& visit, Seen& seen);
  void take(const ipset::ElementView& element, KeyGroup wanted,
            std::span<const std::string_view> keys, const Backend::VisitValue& visit, Seen& seen);
  [[nodiscard]] Result<void> read_one(std::size_t index, std::string_view key,
                                      const Backend::VisitValue& visit);
  [[nodiscard]] Result<void> read_singly(KeyGroup wanted, std::span<const std::string_view> keys,
                                         const Backend::VisitValue& visit);

  OpenTable& table_;
  SlotReader& slots_;
  TableReader& reader_;
};

}  // namespace ipsetkv::store
