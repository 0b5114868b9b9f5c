// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "netlink/attributes.h"
#include "netlink/batch.h"

namespace ipsetkv::ipset {

/// A set's family, by the kernel's numbers (linux/netfilter.h, NFPROTO_*).
enum class Family : std::uint8_t {
  kUnspecified = 0,  ///< Types without addresses: bitmap:port, hash:mac, list:set.
  kInet = 2,
  kInet6 = 10,
};

/// "inet", "inet6" or "unspec", the words of `ipset`.
[[nodiscard]] std::string_view family_name(Family family);

/// An IPv4 or IPv6 address, its bytes in network order.
class Address {
 public:
  static constexpr std::size_t kInetBytes = 4;
  static constexpr std::size_t kInet6Bytes = 16;

  constexpr Address() = default;
  [[nodiscard]] static constexpr Address inet(std::span<const std::byte, kInetBytes> bytes) {
    Address address;
    address.family_ = Family::kInet;
    std::copy(bytes.begin(), bytes.end(), address.bytes_.begin());
    return address;
  }
  [[nodiscard]] static constexpr Address inet6(std::span<const std::byte, kInet6Bytes> bytes) {
    Address address;
    address.family_ = Family::kInet6;
    std::copy(bytes.begin(), bytes.end(), address.bytes_.begin());
    return address;
  }
  /// From 4 or 16 bytes; nothing for any other length.
  [[nodiscard]] static std::optional<Address> from_bytes(std::span<const std::byte> bytes);
  /// From text such as "192.0.2.1" or "2001:db8::1", by the rules of inet_pton(3); nothing if it
  /// is not an address.
  [[nodiscard]] static std::optional<Address> parse(std::string_view text);

  [[nodiscard]] Family family() const { return family_; }
  [[nodiscard]] std::span<const std::byte> bytes() const {
    return std::span(bytes_).first(family_ == Family::kInet6 ? kInet6Bytes : kInetBytes);
  }
  /// How many bits it has: 32 or 128.
  [[nodiscard]] std::uint8_t bits() const { return static_cast<std::uint8_t>(bytes().size() * 8); }
  /// The first address of its network: the bits after the first `prefix` are zero.
  [[nodiscard]] Address network(std::uint8_t prefix) const;
  [[nodiscard]] std::string to_string() const;

  friend bool operator==(const Address&, const Address&) = default;

 private:
  std::array<std::byte, kInet6Bytes> bytes_{};
  Family family_ = Family::kInet;
};

/// An address is a nested attribute of type `type` that holds IPSET_ATTR_IPADDR_IPV4 or _IPV6
/// (net/netfilter/ipset/ip_set_core.c, ip_set_get_ipaddr4).
void encode_address(netlink::Batch& batch, std::uint16_t type, const Address& address);
/// The 4 or 16 bytes of the address in the attribute; empty if it does not hold one.
[[nodiscard]] std::span<const std::byte> address_bytes(const netlink::Attribute& attribute);
/// Nothing if the attribute does not hold an address.
[[nodiscard]] std::optional<Address> decode_address(const netlink::Attribute& attribute);

}  // namespace ipsetkv::ipset
