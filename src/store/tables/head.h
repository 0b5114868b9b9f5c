// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string_view>

#include "format/table_head.h"
#include "format/table_name.h"
#include "ipset/connection.h"
#include "ipsetkv/error.h"

namespace ipsetkv::store {

/// What a table's head says.
struct TableHead {
  format::TableSecret secret;
  bool has_deadlines = false;
  bool has_long_pairs = false;
  /// When each mark was set, by the wall clock of its writer. Unset as well if a pair was met
  /// before the mark was.
  std::optional<format::Moment> deadlines_since;
  std::optional<format::Moment> long_pairs_since;
};

/// Reads the head of a table; nothing if there is no such table. kNotAValue if there is another set
/// of that name.
[[nodiscard]] Result<std::optional<TableHead>> read_head(ipset::Connection& connection,
                                                         const ipset::SetName& head);

/// Sets a mark unless it is set. Returns when it was set; kNoSuchSet if the table is gone.
[[nodiscard]] Result<format::Moment> mark_table(ipset::Connection& connection,
                                                const ipset::SetName& head, format::TableMark mark);

/// Keeps other processes from making a table of this name until the claim is destroyed; nothing if
/// another process has it.
[[nodiscard]] Result<std::optional<netlink::PortClaim>> claim_making(
    const ipset::Connection& connection, std::string_view table);

/// Makes the table with its first bucket. Does nothing if there is one, or if another process is
/// making it.
[[nodiscard]] Result<void> make_table(ipset::Connection& connection, format::TableNames names);

}  // namespace ipsetkv::store
