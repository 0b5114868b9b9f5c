// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "format/drawer_form.h"
#include "format/moment.h"

namespace ipsetkv::format {

/// A key as it was saved; borrowed for the call that hands it over.
struct ArchivedKey {
  std::string_view key;
  std::string_view value;
  Kind kind = Kind::kIpv4;         ///< Of no concern to a table.
  std::optional<Moment> deadline;  ///< By the wall clock.
};

}  // namespace ipsetkv::format
