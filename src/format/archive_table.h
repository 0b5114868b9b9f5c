// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "format/archived_key.h"
#include "format/moment.h"
#include "format/pair.h"
#include "format/table_head.h"
#include "format/table_name.h"
#include "ipset/element.h"
#include "ipsetkv/error.h"

namespace ipsetkv::format {

/// What saved text says of one table: its pairs, put together from elements and from the drawers of
/// long ones, in whatever order the sets come. Long pairs are kept until an element has named them;
/// in text of `ipsetkv save` that comes in the next bucket.
class ArchivedTable {
 public:
  using Take = std::function<Result<void>(const ArchivedKey&)>;
  ArchivedTable(std::string_view table, const Take& take) : table_(table), take_(take) {}

  /// What a set of this name is in the table; nothing if it is not of this table. Sets that
  /// somebody was still filling, whose pairs are in others as well, are nothing, too.
  [[nodiscard]] std::optional<TableSet::Kind> kind_of(std::string_view set_name) const;

  /// Takes an element of the head, a bucket or the index, as `kind` says; kNone if that is one.
  [[nodiscard]] Result<LineFault> take_element(TableSet::Kind kind, const ipset::Element& element);
  /// Takes the pair that the drawer `set_name` holds.
  [[nodiscard]] Result<void> take_long_pair(std::string_view set_name, const ArchivedKey& pair);

  /// Whether all sets that elements named were there.
  [[nodiscard]] bool is_whole() const { return named_.empty(); }

 private:
  [[nodiscard]] LineFault take_head(const ipset::Element& element);

  struct Waiting {
    std::string key;
    std::string value;
    Kind kind;
    std::optional<Moment> deadline;
  };

  std::string table_;
  const Take& take_;
  std::optional<TableSecret> secret_;
  PairDecoder decoder_;
  std::set<std::string, std::less<>> named_;             ///< Sets that are still to come.
  std::map<std::string, Waiting, std::less<>> waiting_;  ///< Sets that nobody has named yet.
};

}  // namespace ipsetkv::format
