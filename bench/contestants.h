// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "home.h"

namespace ipsetkv::bench {

/// Somebody who is compared with ipsetkv from outside, through the same few calls as ipsetkv.
struct Contestant {
  const char* name;
  std::unique_ptr<Home> (*start)();
  std::size_t most_bytes;  ///< The longest value for which it is asked.
};

/// ipsetkv first. Requires, for each start, what enter_private_namespace() and
/// mount_private_memory() give.
[[nodiscard]] const std::vector<Contestant>& contestants();

}  // namespace ipsetkv::bench
