// SPDX-License-Identifier: MIT
#include "ipset/address.h"

#include <arpa/inet.h>

#include <algorithm>

#include "ipset/protocol.h"

namespace ipsetkv::ipset {

std::string_view family_name(Family family) {
  switch (family) {
    case Family::kInet:
      return "inet";
    case Family::kInet6:
      return "inet6";
    case Family::kUnspecified:
      break;
  }
  return "unspec";
}

std::optional<Address> Address::parse(std::string_view text) {
  if (text.find('\0') != std::string_view::npos) return std::nullopt;
  const std::string terminated(text);
  std::array<std::byte, kInet6Bytes> bytes{};
  if (inet_pton(AF_INET, terminated.c_str(), bytes.data()) == 1)
    return inet(std::span(bytes).first<kInetBytes>());
  if (inet_pton(AF_INET6, terminated.c_str(), bytes.data()) == 1) return inet6(bytes);
  return std::nullopt;
}

std::optional<Address> Address::from_bytes(std::span<const std::byte> bytes) {
  if (bytes.size() == kInetBytes) return inet(bytes.first<kInetBytes>());
  if (bytes.size() == kInet6Bytes) return inet6(bytes.first<kInet6Bytes>());
  return std::nullopt;
}

Address Address::network(std::uint8_t prefix) const {
  Address network = *this;
  for (std::size_t place = 0; place < bytes_.size(); ++place) {
    const std::size_t kept = std::clamp<std::size_t>(prefix, place * 8, place * 8 + 8) - place * 8;
    network.bytes_[place] &= static_cast<std::byte>(0xFF00U >> kept);
  }
  return network;
}

std::string Address::to_string() const {
  std::array<char, INET6_ADDRSTRLEN> text{};
  inet_ntop(family_ == Family::kInet6 ? AF_INET6 : AF_INET, bytes_.data(), text.data(),
            text.size());
  return text.data();
}

void encode_address(netlink::Batch& batch, std::uint16_t type, const Address& address) {
  const std::size_t nest = batch.begin_nest(type);
  const std::uint16_t inner =
      address.family() == Family::kInet6 ? IPSET_ATTR_IPADDR_IPV6 : IPSET_ATTR_IPADDR_IPV4;
  batch.put(inner | NLA_F_NET_BYTEORDER, address.bytes());
  batch.end_nest(nest);
}

std::span<const std::byte> address_bytes(const netlink::Attribute& attribute) {
  netlink::Attributes inside(attribute.payload());
  while (const auto inner = inside.next()) {
    const auto bytes = inner->payload();
    if (inner->type() == IPSET_ATTR_IPADDR_IPV4 && bytes.size() == Address::kInetBytes)
      return bytes;
    if (inner->type() == IPSET_ATTR_IPADDR_IPV6 && bytes.size() == Address::kInet6Bytes)
      return bytes;
  }
  return {};
}

std::optional<Address> decode_address(const netlink::Attribute& attribute) {
  return Address::from_bytes(address_bytes(attribute));
}

}  // namespace ipsetkv::ipset
