// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>

/// The numbers that all layouts of hash:ip,port sets share. They are in stored data and stay as
/// they are; docs/format.md is their definition.
namespace ipsetkv::format {

/// What the protocol of an element says (linux/in.h has the numbers). These are among the few whose
/// port the kernel keeps.
inline constexpr std::uint8_t kPlain = 6;       ///< TCP: bytes of the value as they are.
inline constexpr std::uint8_t kZeros = 1;       ///< ICMP: four zero bytes; the address stands in.
inline constexpr std::uint8_t kZeros6 = 58;     ///< ICMPv6: sixteen.
inline constexpr std::uint8_t kExactEnd = 132;  ///< SCTP: the last; its last byte counts padding.
inline constexpr std::uint8_t kKeyText = 17;    ///< UDP: a comment with bytes of the key.

/// `maxelem` of every set whose value has a deadline: "IPKV" in ASCII. It tells an expired value's
/// empty set from somebody else's.
inline constexpr std::uint32_t kExpiringMaxElements = 0x49504B56;
/// In the layout `counters` the same number, in an element of its own.
inline constexpr std::uint64_t kExpiringMark = kExpiringMaxElements;
/// `maxelem` of other sets in the layout `comment`.
inline constexpr std::uint32_t kCommentMaxElements = 0xFFFFFFFF;

/// The longest text that fills the kernel's allocation for a comment: it adds 17 bytes, and its
/// allocations come in steps (net/netfilter/ipset/ip_set_core.c, ip_set_init_comment).
inline constexpr std::size_t kTextBytes = 239;

/// The first revision of hash:ip,port that knows SCTP (net/netfilter/ipset/ip_set_hash_ipport.c).
inline constexpr std::uint8_t kNeededRevision = 1;

}  // namespace ipsetkv::format
