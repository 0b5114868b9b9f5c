// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "format/table_head.h"
#include "format/table_name.h"
#include "ipset/connection.h"
#include "ipsetkv/error.h"
#include "store/backoff.h"

namespace ipsetkv::store {

struct TableHead {
  format::TableSecret secret;
  bool has_deadlines = false;
  bool has_long_pairs = false;
  std::optional<format::Moment> deadlines_since;  ///< By the wall clock.
};

/// Reads the head of a table; nothing if there is no such table. kNotAValue if there is another set
/// of that name.
[[nodiscard]] Result<std::optional<TableHead>> read_head(ipset::Connection& connection,
                                                         const ipset::SetName& head);

/// Marks a table, unless it is marked. When that was done; kNoSuchSet if the table is gone.
[[nodiscard]] Result<format::Moment> mark_table(ipset::Connection& connection,
                                                const ipset::SetName& head, format::TableMark mark);

/// Keeps others from making a table of this name, for as long as it is held; nothing if somebody is
/// making one.
[[nodiscard]] Result<std::optional<netlink::PortClaim>> claim_making(
    const ipset::Connection& connection, std::string_view table);

/// Makes the table with a first bucket unless somebody else does at the same time.
[[nodiscard]] Result<void> make_table(ipset::Connection& connection, format::TableNames names);

}  // namespace ipsetkv::store
