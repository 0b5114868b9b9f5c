// SPDX-License-Identifier: MIT
#include "ipset/set_type.h"

#include <gtest/gtest.h>

#include <set>

namespace ipsetkv::ipset {
namespace {

struct Named {
  SetType type;
  const char* name;
  const char* module;  ///< As `modinfo` has them.
};

constexpr Named kNames[] = {
    {SetType::kBitmapIp, "bitmap:ip", "ip_set_bitmap_ip"},
    {SetType::kBitmapIpMac, "bitmap:ip,mac", "ip_set_bitmap_ipmac"},
    {SetType::kBitmapPort, "bitmap:port", "ip_set_bitmap_port"},
    {SetType::kHashIp, "hash:ip", "ip_set_hash_ip"},
    {SetType::kHashIpMac, "hash:ip,mac", "ip_set_hash_ipmac"},
    {SetType::kHashIpMark, "hash:ip,mark", "ip_set_hash_ipmark"},
    {SetType::kHashIpPort, "hash:ip,port", "ip_set_hash_ipport"},
    {SetType::kHashIpPortIp, "hash:ip,port,ip", "ip_set_hash_ipportip"},
    {SetType::kHashIpPortNet, "hash:ip,port,net", "ip_set_hash_ipportnet"},
    {SetType::kHashMac, "hash:mac", "ip_set_hash_mac"},
    {SetType::kHashNet, "hash:net", "ip_set_hash_net"},
    {SetType::kHashNetIface, "hash:net,iface", "ip_set_hash_netiface"},
    {SetType::kHashNetNet, "hash:net,net", "ip_set_hash_netnet"},
    {SetType::kHashNetPort, "hash:net,port", "ip_set_hash_netport"},
    {SetType::kHashNetPortNet, "hash:net,port,net", "ip_set_hash_netportnet"},
    {SetType::kListSet, "list:set", "ip_set_list_set"},
};

TEST(SetType, HasTheKernelsNameAndModule) {
  std::set<SetType> seen;
  for (const Named& entry : kNames) {
    SCOPED_TRACE(entry.name);
    EXPECT_EQ(type_name(entry.type), entry.name);
    EXPECT_EQ(type_by_name(entry.name), entry.type);
    EXPECT_EQ(type_module(entry.name), entry.module);
    seen.insert(entry.type);
  }
  EXPECT_EQ(seen.size(), kSetTypes) << "every type is in the table above";
}

TEST(SetType, RejectsOtherNames) {
  for (const char* const name :
       {"", "hash", "hash:", "hash:ip ", "HASH:IP", "hash:ip,port,", "iphash"})
    EXPECT_EQ(type_by_name(name), std::nullopt) << name;
}

TEST(SetType, GainsItsExtensionsRevisionByRevision) {
  constexpr std::uint8_t kNever = TypeRevisions::kNever;
  for (const Named& entry : kNames) {
    SCOPED_TRACE(entry.name);
    const TypeRevisions& first = type_revisions(entry.type);
    EXPECT_LE(first.counters, first.comment);
    EXPECT_LE(first.comment, first.skbinfo);
    EXPECT_LE(first.skbinfo, first.bucketsize);
    if (first.bitmask != kNever) {
      EXPECT_EQ(first.bitmask, first.bucketsize + 1);
    }
    const bool hash = std::string_view(entry.name).starts_with("hash:");
    EXPECT_EQ(first.forceadd != kNever, hash);
    EXPECT_EQ(first.bucketsize != kNever, hash);
  }
}

}  // namespace
}  // namespace ipsetkv::ipset
