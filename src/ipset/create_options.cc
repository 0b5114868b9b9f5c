// SPDX-License-Identifier: MIT
#include "ipset/create_options.h"

#include <algorithm>

#include "ipset/protocol.h"
#include "ipset/take.h"

namespace ipsetkv::ipset {
namespace {

std::uint32_t extension_flags(const CreateOptions& options) {
  std::uint32_t flags = 0;
  if (options.counters) flags |= IPSET_FLAG_WITH_COUNTERS;
  if (options.comment) flags |= IPSET_FLAG_WITH_COMMENT;
  if (options.forceadd) flags |= IPSET_FLAG_WITH_FORCEADD;
  if (options.skbinfo) flags |= IPSET_FLAG_WITH_SKBINFO;
  return flags;
}

template <class T>
void put_if(netlink::Batch& batch, std::uint16_t type, const std::optional<T>& value) {
  if (value) batch.put_number(type, *value);
}

}  // namespace

std::uint8_t lowest_revision(SetType type, const CreateOptions& options) {
  const TypeRevisions& first = type_revisions(type);
  // hash:ip and bitmap:ip have `netmask` in every revision, the other types since `bitmask`.
  const bool late_netmask =
      options.netmask && type != SetType::kHashIp && type != SetType::kBitmapIp;
  std::uint8_t revision = 0;
  if (options.counters) revision = std::max(revision, first.counters);
  if (options.comment) revision = std::max(revision, first.comment);
  if (options.forceadd) revision = std::max(revision, first.forceadd);
  if (options.skbinfo) revision = std::max(revision, first.skbinfo);
  if (options.bucketsize || options.initval) revision = std::max(revision, first.bucketsize);
  if (options.bitmask || late_netmask) revision = std::max(revision, first.bitmask);
  return revision;
}

void encode_create_options(netlink::Batch& batch, const CreateOptions& options) {
  const std::size_t nest = batch.begin_nest(IPSET_ATTR_DATA);
  if (options.range_from) encode_address(batch, IPSET_ATTR_IP_FROM, *options.range_from);
  if (options.range_to) encode_address(batch, IPSET_ATTR_IP_TO, *options.range_to);
  put_if(batch, IPSET_ATTR_CIDR, options.range_cidr);
  put_if(batch, IPSET_ATTR_PORT_FROM, options.port_from);
  put_if(batch, IPSET_ATTR_PORT_TO, options.port_to);
  put_if(batch, IPSET_ATTR_HASHSIZE, options.hashsize);
  put_if(batch, IPSET_ATTR_MAXELEM, options.maxelem);
  put_if(batch, IPSET_ATTR_BUCKETSIZE, options.bucketsize);
  put_if(batch, IPSET_ATTR_INITVAL, options.initval);
  put_if(batch, IPSET_ATTR_NETMASK, options.netmask);
  if (options.bitmask) encode_address(batch, kAttributeBitmask, *options.bitmask);
  put_if(batch, IPSET_ATTR_MARKMASK, options.markmask);
  put_if(batch, IPSET_ATTR_SIZE, options.size);
  put_if(batch, IPSET_ATTR_TIMEOUT, options.timeout);
  if (const std::uint32_t flags = extension_flags(options); flags != 0)
    batch.put_number(IPSET_ATTR_CADT_FLAGS, flags);
  batch.end_nest(nest);
}

bool decode_create_option(const netlink::Attribute& attribute, CreateOptions& options) {
  switch (attribute.type()) {
    case IPSET_ATTR_IP_FROM:
      return take(attribute, options.range_from);
    case IPSET_ATTR_IP_TO:
      return take(attribute, options.range_to);
    case IPSET_ATTR_CIDR:
      return take(attribute, options.range_cidr);
    case IPSET_ATTR_PORT_FROM:
      return take(attribute, options.port_from);
    case IPSET_ATTR_PORT_TO:
      return take(attribute, options.port_to);
    case IPSET_ATTR_HASHSIZE:
      return take(attribute, options.hashsize);
    case IPSET_ATTR_MAXELEM:
      return take(attribute, options.maxelem);
    case IPSET_ATTR_BUCKETSIZE:
      return take(attribute, options.bucketsize);
    case IPSET_ATTR_INITVAL:
      return take(attribute, options.initval);
    case IPSET_ATTR_NETMASK:
      return take(attribute, options.netmask);
    case kAttributeBitmask:
      return take(attribute, options.bitmask);
    case IPSET_ATTR_MARKMASK:
      return take(attribute, options.markmask);
    case IPSET_ATTR_SIZE:
      return take(attribute, options.size);
    case IPSET_ATTR_TIMEOUT:
      return take(attribute, options.timeout);
    case IPSET_ATTR_CADT_FLAGS: {
      const auto flags = attribute.number<std::uint32_t>();
      if (!flags) return false;
      options.counters = (*flags & IPSET_FLAG_WITH_COUNTERS) != 0;
      options.comment = (*flags & IPSET_FLAG_WITH_COMMENT) != 0;
      options.forceadd = (*flags & IPSET_FLAG_WITH_FORCEADD) != 0;
      options.skbinfo = (*flags & IPSET_FLAG_WITH_SKBINFO) != 0;
      return true;
    }
    default:
      return true;
  }
}

}  // namespace ipsetkv::ipset
