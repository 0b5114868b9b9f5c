// SPDX-License-Identifier: MIT
#include "ipset/element.h"

#include <algorithm>
#include <memory>

#include "ipset/take.h"

namespace ipsetkv::ipset {
namespace {

void put_flags(netlink::Batch& batch, const Element& element) {
  std::uint32_t flags = 0;
  if (element.before) flags |= IPSET_FLAG_BEFORE;
  if (element.physdev) flags |= IPSET_FLAG_PHYSDEV;
  if (element.wildcard) flags |= IPSET_FLAG_IFACE_WILDCARD;
  if (element.nomatch) flags |= IPSET_FLAG_NOMATCH;
  if (flags != 0) batch.put_number(IPSET_ATTR_CADT_FLAGS, flags);
}

void put_extensions(netlink::Batch& batch, const Element& element) {
  if (element.timeout) batch.put_number(IPSET_ATTR_TIMEOUT, *element.timeout);
  if (element.packets) batch.put_number(IPSET_ATTR_PACKETS, *element.packets);
  if (element.bytes) batch.put_number(IPSET_ATTR_BYTES, *element.bytes);
  if (!element.comment.empty()) batch.put_text(IPSET_ATTR_COMMENT, element.comment.view());
  if (element.skbmark)
    batch.put_number(IPSET_ATTR_SKBMARK,
                     std::uint64_t{element.skbmark->mark} << 32 | element.skbmark->mask);
  if (element.skbprio) batch.put_number(IPSET_ATTR_SKBPRIO, *element.skbprio);
  if (element.skbqueue) batch.put_number(IPSET_ATTR_SKBQUEUE, *element.skbqueue);
}

bool take_mac(const netlink::Attribute& attribute, std::optional<MacAddress>& value) {
  if (attribute.payload().size() != std::tuple_size_v<MacAddress>) return false;
  std::copy(attribute.payload().begin(), attribute.payload().end(), value.emplace().begin());
  return true;
}

bool take_mark(const netlink::Attribute& attribute, std::optional<SkbMark>& value) {
  const auto both = attribute.number<std::uint64_t>();
  if (!both) return false;
  value = SkbMark{.mark = static_cast<std::uint32_t>(*both >> 32),
                  .mask = static_cast<std::uint32_t>(*both)};
  return true;
}

bool take_flags(const netlink::Attribute& attribute, Element& element) {
  const auto flags = attribute.number<std::uint32_t>();
  if (!flags) return false;
  element.before = (*flags & IPSET_FLAG_BEFORE) != 0;
  element.physdev = (*flags & IPSET_FLAG_PHYSDEV) != 0;
  element.wildcard = (*flags & IPSET_FLAG_IFACE_WILDCARD) != 0;
  element.nomatch = (*flags & IPSET_FLAG_NOMATCH) != 0;
  return true;
}

bool decode_attribute(const netlink::Attribute& attribute, Element& element) {
  switch (attribute.type()) {
    case IPSET_ATTR_IP:
      return take(attribute, element.ip);
    case IPSET_ATTR_IP_TO:
      return take(attribute, element.ip_to);
    case IPSET_ATTR_CIDR:
      return take(attribute, element.cidr);
    case IPSET_ATTR_PORT:
      return take(attribute, element.port);
    case IPSET_ATTR_PORT_TO:
      return take(attribute, element.port_to);
    case IPSET_ATTR_PROTO:
      return take(attribute, element.protocol);
    case IPSET_ATTR_MARK:
      return take(attribute, element.mark);
    case IPSET_ATTR_ETHER:
      return take_mac(attribute, element.mac);
    case IPSET_ATTR_IP2:
      return take(attribute, element.ip2);
    case IPSET_ATTR_IP2_TO:
      return take(attribute, element.ip2_to);
    case IPSET_ATTR_CIDR2:
      return take(attribute, element.cidr2);
    case IPSET_ATTR_IFACE:
      return element.interface.assign(attribute.text());
    case IPSET_ATTR_NAME:
      return element.set.assign(attribute.text());
    case IPSET_ATTR_NAMEREF:
      return element.reference.assign(attribute.text());
    case IPSET_ATTR_CADT_FLAGS:
      return take_flags(attribute, element);
    case IPSET_ATTR_TIMEOUT:
      return take(attribute, element.timeout);
    case IPSET_ATTR_PACKETS:
      return take(attribute, element.packets);
    case IPSET_ATTR_BYTES:
      return take(attribute, element.bytes);
    case IPSET_ATTR_COMMENT:
      return element.comment.assign(attribute.text());
    case IPSET_ATTR_SKBMARK:
      return take_mark(attribute, element.skbmark);
    case IPSET_ATTR_SKBPRIO:
      return take(attribute, element.skbprio);
    case IPSET_ATTR_SKBQUEUE:
      return take(attribute, element.skbqueue);
    default:
      return true;
  }
}

}  // namespace

void encode_element(netlink::Batch& batch, const Element& element) {
  const std::size_t nest = batch.begin_nest(IPSET_ATTR_DATA);
  if (element.ip) encode_address(batch, IPSET_ATTR_IP, *element.ip);
  if (element.ip_to) encode_address(batch, IPSET_ATTR_IP_TO, *element.ip_to);
  if (element.cidr) batch.put_number(IPSET_ATTR_CIDR, *element.cidr);
  if (element.port) batch.put_number(IPSET_ATTR_PORT, *element.port);
  if (element.port_to) batch.put_number(IPSET_ATTR_PORT_TO, *element.port_to);
  if (element.protocol) batch.put_number(IPSET_ATTR_PROTO, *element.protocol);
  if (element.mark) batch.put_number(IPSET_ATTR_MARK, *element.mark);
  if (element.mac) batch.put(IPSET_ATTR_ETHER, *element.mac);
  if (element.ip2) encode_address(batch, IPSET_ATTR_IP2, *element.ip2);
  if (element.ip2_to) encode_address(batch, IPSET_ATTR_IP2_TO, *element.ip2_to);
  if (element.cidr2) batch.put_number(IPSET_ATTR_CIDR2, *element.cidr2);
  if (!element.interface.empty()) batch.put_text(IPSET_ATTR_IFACE, element.interface.view());
  if (!element.set.empty()) batch.put_text(IPSET_ATTR_NAME, element.set.view());
  if (!element.reference.empty()) batch.put_text(IPSET_ATTR_NAMEREF, element.reference.view());
  if (element.line) batch.put_number(IPSET_ATTR_LINENO, *element.line);
  put_flags(batch, element);
  put_extensions(batch, element);
  batch.end_nest(nest);
}

std::uint16_t decode_element(std::span<const std::byte> bytes, Element& element) {
  // In place, because assigning an empty one would copy the unused bytes of the comment and names.
  std::construct_at(&element);
  netlink::Attributes attributes(bytes);
  while (const auto attribute = attributes.next())
    if (!decode_attribute(*attribute, element)) return attribute->type();
  if (attributes.malformed()) return IPSET_ATTR_DATA;
  return IPSET_ATTR_UNSPEC;
}

}  // namespace ipsetkv::ipset
