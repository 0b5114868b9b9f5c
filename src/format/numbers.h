// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>

/// The numbers that all layouts of hash:ip,port sets share. They are part of stored data and must
/// never change; docs/format.md is their definition.
namespace ipsetkv::format {

/// The protocol of an element states its meaning (numbers of linux/in.h). These protocols are among
/// the few whose port the kernel keeps.
inline constexpr std::uint8_t kPlain = 6;       ///< TCP: the value's bytes, unchanged.
inline constexpr std::uint8_t kZeros = 1;       ///< ICMP: four zero bytes; placeholder address.
inline constexpr std::uint8_t kZeros6 = 58;     ///< ICMPv6: sixteen zero bytes; placeholder.
inline constexpr std::uint8_t kExactEnd = 132;  ///< SCTP: last chunk; its last byte counts padding.
inline constexpr std::uint8_t kKeyText = 17;    ///< UDP: a comment with bytes of the key.

/// `maxelem` of every set whose value has a deadline: "IPKV" in ASCII. It distinguishes the empty
/// set of an expired value from a foreign one.
inline constexpr std::uint32_t kExpiringMaxElements = 0x49504B56;
/// The same number in the layout `counters`, in an element of its own.
inline constexpr std::uint64_t kExpiringMark = kExpiringMaxElements;
/// `maxelem` of sets with comments whose value has no deadline.
inline constexpr std::uint32_t kCommentMaxElements = 0xFFFFFFFF;

/// The longest text of a comment, in bytes: with the 17 bytes that the kernel adds it fills an
/// allocation, which come in steps (net/netfilter/ipset/ip_set_core.c, ip_set_init_comment).
inline constexpr std::size_t kTextBytes = 239;

/// The first revision of hash:ip,port with SCTP (net/netfilter/ipset/ip_set_hash_ipport.c).
inline constexpr std::uint8_t kNeededRevision = 1;

}  // namespace ipsetkv::format
