// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "store/backend.h"
#include "store/tables/batch_reader.h"
#include "store/tables/batch_writer.h"
#include "store/tables/growth_schedule.h"
#include "store/tables/lister.h"
#include "store/tables/open_table.h"
#include "store/tables/reader.h"
#include "store/tables/saver.h"
#include "store/tables/sweeper.h"
#include "store/tables/writer.h"

namespace ipsetkv::store {

/// Keys and values in the buckets of a table: any number of keys in few sets. A pair that fits into
/// one comment is one element; a longer one has a set of its own, which the element names.
///
/// What each call does with the kernel is described at the top of table.cc.
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
  [[nodiscard]] std::string_view table() const override { return table_.name(); }
  [[nodiscard]] Result<std::optional<TableInfo>> table_info() override;
  [[nodiscard]] Result<bool> drop(const DropProgress& progress) override;
  [[nodiscard]] Result<SweepResult> sweep() override;

 private:
  OpenTable table_;
  SlotReader slots_;
  PageReader pages_;
  GrowthSchedule schedule_;
  TableReader reader_;
  TableWriter writer_;
  TableBatchReader batch_reader_;
  TableBatchWriter batch_writer_;
  TableLister lister_;
  TableSaver saver_;
  TableSweeper sweeper_;
};

}  // namespace ipsetkv::store
