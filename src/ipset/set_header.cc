// SPDX-License-Identifier: MIT
#include "ipset/set_header.h"

#include "ipset/protocol.h"
#include "ipset/take.h"

namespace ipsetkv::ipset {
namespace {

bool take_family(const netlink::Attribute& attribute, Family& family) {
  std::uint8_t number = 0;
  if (!take(attribute, number)) return false;
  family = static_cast<Family>(number);
  return true;
}

bool take_type(const netlink::Attribute& attribute, SetHeader& header) {
  const std::string_view name = attribute.text();
  header.type = type_by_name(name);
  return header.type_name.assign(name);
}

/// The attributes inside IPSET_ATTR_DATA: create options and statistics.
std::uint16_t decode_data(netlink::Attributes inside, SetHeader& header) {
  while (const auto attribute = inside.next()) {
    bool good = true;
    switch (attribute->type()) {
      case IPSET_ATTR_REFERENCES:
        good = take(*attribute, header.references);
        break;
      case IPSET_ATTR_MEMSIZE:
        good = take(*attribute, header.memory_bytes);
        break;
      case IPSET_ATTR_ELEMENTS:
        good = take(*attribute, header.elements.emplace());
        break;
      default:
        good = decode_create_option(*attribute, header.options);
        break;
    }
    if (!good) return attribute->type();
  }
  if (inside.malformed()) return IPSET_ATTR_DATA;
  return IPSET_ATTR_UNSPEC;
}

}  // namespace

std::uint16_t decode_header_attribute(const netlink::Attribute& attribute, SetHeader& header) {
  bool good = true;
  switch (attribute.type()) {
    case IPSET_ATTR_SETNAME:
      good = header.name.assign(attribute.text());
      break;
    case IPSET_ATTR_TYPENAME:
      good = take_type(attribute, header);
      break;
    case IPSET_ATTR_FAMILY:
      good = take_family(attribute, header.family);
      break;
    case IPSET_ATTR_REVISION:
      good = take(attribute, header.revision);
      break;
    case IPSET_ATTR_DATA:
      return decode_data(netlink::Attributes(attribute.payload()), header);
    default:
      break;
  }
  if (!good) return attribute.type();
  return IPSET_ATTR_UNSPEC;
}

}  // namespace ipsetkv::ipset
