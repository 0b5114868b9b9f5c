// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// The names of IP protocols as ipset(8) reads and prints them. It takes them from /etc/protocols;
/// here is a table of Debian's, so that a member has the same name on every machine.
namespace ipsetkv::ipset {

/// A protocol by its name, an alias of it, or its number. Upper and lower case are the same.
/// Nothing if there is none, or for 0, which no element can have.
[[nodiscard]] std::optional<std::uint8_t> protocol_of(std::string_view word);

/// Appends the protocol's name, or its number where it has none.
void put_protocol(std::string& text, std::uint8_t protocol);

/// Whether its elements have ports. Of all others but ICMP and ICMPv6 the kernel sets the port to 0
/// (linux/netfilter/ipset/ip_set_getport.h, ip_set_proto_with_ports).
[[nodiscard]] bool has_ports(std::uint8_t protocol);

/// Whether its elements have a type and a code in the place of the port: ICMP or ICMPv6.
[[nodiscard]] bool has_icmp_types(std::uint8_t protocol);

}  // namespace ipsetkv::ipset
