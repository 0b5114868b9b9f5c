// SPDX-License-Identifier: MIT
#pragma once

#include "base/environment.h"
#include "ipsetkv/options.h"
#include "ipsetkv/store.h"

namespace ipsetkv {

/// Store::open, with the Environment by which the Store sends, receives, sleeps and reads the
/// clock. The Environment must outlive the Store.
[[nodiscard]] Result<Store> open_store(const Options& options, Environment& environment);

}  // namespace ipsetkv
