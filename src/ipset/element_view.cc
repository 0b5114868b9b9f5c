// SPDX-License-Identifier: MIT
#include "ipset/element_view.h"

#include <algorithm>

#include "ipset/take.h"

namespace ipsetkv::ipset {
namespace {

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

std::optional<std::uint16_t> decode_element_view(netlink::Attributes attributes,
                                                 ElementView& element) {
  element = {};
  while (const auto attribute = attributes.next())
    if (!decode_attribute(*attribute, element)) return attribute->type();
  if (attributes.malformed()) return IPSET_ATTR_DATA;
  return std::nullopt;
}

bool has_address(netlink::Attributes attributes, std::span<const std::byte> address) {
  while (const auto attribute = attributes.next())
    if (attribute->type() == IPSET_ATTR_IP) {
      const auto bytes = address_bytes(*attribute);
      return std::equal(bytes.begin(), bytes.end(), address.begin(), address.end());
    }
  return false;
}

}  // namespace ipsetkv::ipset
