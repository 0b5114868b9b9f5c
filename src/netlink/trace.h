// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <span>

namespace ipsetkv::netlink {

/// Whether the environment variable IPSETKV_TRACE is set and not empty: then every
/// message is printed to standard error, both ways. Read once for each socket.
[[nodiscard]] bool trace_wanted();

void trace_sent(std::span<const std::byte> messages);
void trace_received(std::span<const std::byte> messages);

}  // namespace ipsetkv::netlink
