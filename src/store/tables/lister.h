// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include "ipsetkv/store.h"
#include "store/tables/page.h"

namespace ipsetkv::store {

/// Lists the keys of a table. Each call means what Store's of the same name says.
class TableLister {
 public:
  TableLister(OpenTable& table, PageReader& pages) : table_(table), pages_(pages) {}

  [[nodiscard]] Result<void> for_each(std::string_view pattern,
                                      const std::function<void(const KeyInfo&)>& visit);
  [[nodiscard]] Result<ScanPage> scan(std::uint64_t cursor, std::string_view pattern,
                                      std::size_t count);

 private:
  OpenTable& table_;
  PageReader& pages_;
};

}  // namespace ipsetkv::store
