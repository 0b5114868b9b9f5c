// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "ipset/connection.h"
#include "ipsetkv/error.h"
#include "store/backoff.h"

namespace ipsetkv::store {

/// Whether a rename, a swap or a destroy failed with `code` because somebody is listing one of the
/// sets. For a destroy the kernel has the same code where rules refer to the set, which only the
/// set's header tells (net/netfilter/ipset/ip_set_core.c).
[[nodiscard]] bool is_busy(std::int32_t code);

/// Executes the only command of `batch`, and again while somebody lists a set of it or while
/// sending fails: for a step that ends something, after which others can go on. Waits until the
/// limit of `backoff`, and once that has passed still makes a few attempts without sleeping.
/// Returns the command's last code; an error if the last send failed.
[[nodiscard]] Result<std::int32_t> execute_persistently(ipset::Connection& connection,
                                                        ipset::Batch& batch, Backoff& backoff);

}  // namespace ipsetkv::store
