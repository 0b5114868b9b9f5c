// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

namespace ipsetkv::store {

/// How an attempt to write ended that others may have interfered with. Where it is not kDone, the
/// key is unchanged.
enum class Outcome : std::uint8_t {
  kDone,
  kOvertaken,  ///< The key or the spare set appeared or disappeared: read again and start over.
  kLocked,     ///< Another writer holds the lock.
  kBusy,       ///< Somebody is listing the key's set, which keeps it from being replaced.
};

}  // namespace ipsetkv::store
