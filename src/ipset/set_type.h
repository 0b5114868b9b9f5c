// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ipsetkv::ipset {

/// The kernel's set types, named as `ipset` names them: kHashIpPort is "hash:ip,port".
enum class SetType : std::uint8_t {
  kBitmapIp,
  kBitmapIpMac,
  kBitmapPort,
  kHashIp,
  kHashIpMac,
  kHashIpMark,
  kHashIpPort,
  kHashIpPortIp,
  kHashIpPortNet,
  kHashMac,
  kHashNet,
  kHashNetIface,
  kHashNetNet,
  kHashNetPort,
  kHashNetPortNet,
  kListSet,
};

/// How many types there are.
inline constexpr std::size_t kSetTypes = 16;

[[nodiscard]] std::string_view type_name(SetType type);
/// Nothing for any other name.
[[nodiscard]] std::optional<SetType> type_by_name(std::string_view name);

/// The kernel module that brings a type, such as "ip_set_hash_ipport".
[[nodiscard]] std::string type_module(std::string_view name);

/// The first revision of a type that has each extension. Sets are created with the lowest revision
/// that has what they need, so that old tools can list them. From the comments beside
/// IPSET_TYPE_REV_MIN in net/netfilter/ipset/ip_set_*.c of Linux 6.1; `bitmask` from Linux 6.3.
struct TypeRevisions {
  static constexpr std::uint8_t kNever = 255;
  std::uint8_t counters = 0;
  std::uint8_t comment = 0;
  std::uint8_t forceadd = kNever;
  std::uint8_t skbinfo = 0;
  std::uint8_t bucketsize = kNever;  ///< `initval` came with it.
  std::uint8_t bitmask = kNever;     ///< For hash:ip,port and hash:net,net `netmask` as well.
};
[[nodiscard]] const TypeRevisions& type_revisions(SetType type);

}  // namespace ipsetkv::ipset
