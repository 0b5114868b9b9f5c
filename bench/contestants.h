// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "home.h"

namespace ipsetkv::bench {

/// A store that is compared with ipsetkv, through the same few calls.
struct Contestant {
  const char* name;
  std::unique_ptr<Home> (*start)();
  std::size_t most_bytes;  ///< The longest value to measure, in bytes.
};

/// All contestants, ipsetkv first. Starting one requires enter_private_namespace() and
/// mount_private_memory().
[[nodiscard]] const std::vector<Contestant>& contestants();

}  // namespace ipsetkv::bench
