// SPDX-License-Identifier: MIT
#include "ipset/element_view.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "ipset/take.h"

namespace ipsetkv::ipset {
namespace {

/// The first attributes of every element of hash:ip,port in the family inet, in this order
/// (net/netfilter/ipset/ip_set_hash_ipport.c, hash_ipport4_data_list).
struct UsualHead {
  nlattr ip;
  nlattr address;
  std::array<std::byte, Address::kInetBytes> address_bytes;
  nlattr port;
  std::uint16_t port_number;
  std::array<std::byte, 2> port_padding;
  nlattr protocol;
  std::uint8_t protocol_number;
  std::array<std::byte, 3> protocol_padding;
};
static_assert(sizeof(UsualHead) == 28, "as on the wire: nothing in between");

bool is(const nlattr& header, std::size_t length, int type) {
  return header.nla_len == length && header.nla_type == type;
}

/// Decodes such a head in one step instead of attribute by attribute, and returns the bytes behind
/// it, the extensions. Returns `bytes` unchanged if they begin with anything else.
std::span<const std::byte> take_usual_head(std::span<const std::byte> bytes, ElementView& element) {
  UsualHead head;
  if (bytes.size() < sizeof head) return bytes;
  std::memcpy(&head, bytes.data(), sizeof head);
  if (!is(head.ip, sizeof head.ip + sizeof head.address + Address::kInetBytes,
          IPSET_ATTR_IP | NLA_F_NESTED) ||
      !is(head.address, sizeof head.address + Address::kInetBytes, IPSET_ATTR_IPADDR_IPV4) ||
      !is(head.port, sizeof head.port + sizeof head.port_number,
          IPSET_ATTR_PORT | NLA_F_NET_BYTEORDER) ||
      !is(head.protocol, sizeof head.protocol + sizeof head.protocol_number, IPSET_ATTR_PROTO))
    return bytes;
  element.ip = bytes.subspan(offsetof(UsualHead, address_bytes), Address::kInetBytes);
  element.port = netlink::big_endian(head.port_number);
  element.protocol = head.protocol_number;
  return bytes.subspan(sizeof head);
}

/// Field by field: GCC compiles `view = {}` to a copy from the stack that it reads in larger pieces
/// than it wrote, which stalls the processor (store forwarding).
void clear(ElementView& view) {
  view.ip = {};
  view.comment = {};
  view.port.reset();
  view.protocol.reset();
  view.packets.reset();
  view.bytes.reset();
}

bool decode_attribute(const netlink::Attribute& attribute, ElementView& element) {
  switch (attribute.type()) {
    case IPSET_ATTR_IP:
      element.ip = address_bytes(attribute);
      return !element.ip.empty();
    case IPSET_ATTR_PORT:
      return take(attribute, element.port);
    case IPSET_ATTR_PROTO:
      return take(attribute, element.protocol);
    case IPSET_ATTR_PACKETS:
      return take(attribute, element.packets);
    case IPSET_ATTR_BYTES:
      return take(attribute, element.bytes);
    case IPSET_ATTR_COMMENT:
      element.comment = attribute.text();
      return element.comment.size() <= kMaxCommentBytes;
    default:
      return true;
  }
}

}  // namespace

std::uint16_t decode_element_view(std::span<const std::byte> bytes, ElementView& element) {
  clear(element);
  netlink::Attributes attributes(take_usual_head(bytes, element));
  while (const auto attribute = attributes.next())
    if (!decode_attribute(*attribute, element)) return attribute->type();
  if (attributes.malformed()) return IPSET_ATTR_DATA;
  return IPSET_ATTR_UNSPEC;
}

bool has_address(std::span<const std::byte> bytes, std::span<const std::byte> address) {
  netlink::Attributes attributes(bytes);
  while (const auto attribute = attributes.next())
    if (attribute->type() == IPSET_ATTR_IP) {
      const auto found = address_bytes(*attribute);
      return std::equal(found.begin(), found.end(), address.begin(), address.end());
    }
  return false;
}

}  // namespace ipsetkv::ipset
