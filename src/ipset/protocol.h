// SPDX-License-Identifier: MIT
#pragma once

#include <linux/netfilter/ipset/ip_set.h>
#include <linux/netfilter/nfnetlink.h>

#include <cstddef>
#include <cstdint>

/// The numbers of the wire protocol: the kernel's header, and here what the oldest supported header
/// lacks.
namespace ipsetkv::ipset {

/// The protocol versions that are supported (net/netfilter/ipset/ip_set_core.c,
/// protocol_min_failed).
inline constexpr std::uint8_t kProtocolNewest = 7;
inline constexpr std::uint8_t kProtocolOldest = 6;

/// IPSET_ATTR_BITMASK, which the header has since Linux 6.3, right after IPSET_ATTR_MARKMASK.
inline constexpr std::uint16_t kAttributeBitmask = IPSET_ATTR_MARKMASK + 1;

/// The longest comment, in bytes (IPSET_MAX_COMMENT_SIZE).
inline constexpr std::size_t kMaxCommentBytes = 255;

/// The longest name of a network interface, in bytes (linux/if.h, IFNAMSIZ less its NUL).
inline constexpr std::size_t kMaxInterfaceBytes = 15;

/// The longest timeout, in seconds: half of what 32 bits of milliseconds can hold
/// (linux/netfilter/ipset/ip_set.h, IPSET_MAX_TIMEOUT).
inline constexpr std::uint32_t kMaxTimeout = (0xFFFFFFFFU >> 1) / 1000;

/// The smallest hash table, in buckets (net/netfilter/ipset/ip_set_hash_gen.h,
/// IPSET_MIMINAL_HASHSIZE).
inline constexpr std::uint32_t kMinHashSize = 64;

/// The default of `maxelem` (IPSET_DEFAULT_MAXELEM).
inline constexpr std::uint32_t kDefaultMaxElements = 65'536;

/// Netlink's message type for an ipset command.
[[nodiscard]] constexpr std::uint16_t message_type(ipset_cmd command) {
  return static_cast<std::uint16_t>(NFNL_SUBSYS_IPSET << 8 | command);
}

}  // namespace ipsetkv::ipset
