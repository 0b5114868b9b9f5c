// SPDX-License-Identifier: MIT
#include "format/archive_element.h"

#include <algorithm>
#include <array>
#include <span>

namespace ipsetkv::format {
namespace {

constexpr std::uint8_t kIcmp = 1;
constexpr std::uint8_t kIcmp6 = 58;

struct Protocol {
  std::string_view name;
  std::uint8_t number;
};

/// The protocols that values have, by their names in /etc/protocols, and udplite, which `ipset`
/// gives a port too. `ipset` writes a number where that file is missing.
constexpr std::array kProtocols{
    Protocol{"tcp", 6},         Protocol{"udp", 17},
    Protocol{"icmp", kIcmp},    Protocol{"ipv6-icmp", kIcmp6},
    Protocol{"icmpv6", kIcmp6}, Protocol{"sctp", 132},
    Protocol{"udplite", 136},
};

std::optional<std::uint8_t> protocol_of(std::string_view word) {
  for (const Protocol& protocol : kProtocols)
    if (protocol.name == word) return protocol.number;
  return number_of<std::uint8_t>(word);
}

void put_protocol(std::string& text, std::uint8_t number) {
  for (const Protocol& protocol : kProtocols)
    if (protocol.number == number) return void(text += protocol.name);
  put_number(text, number);
}

bool has_types(std::uint8_t protocol) { return protocol == kIcmp || protocol == kIcmp6; }

struct IcmpName {
  std::string_view name;
  std::uint8_t type;
  std::uint8_t code;
};

/// The words that ipset(8) has for types and codes: `ipset help hash:ip,port` lists them.
constexpr std::array kIcmpNames{
    IcmpName{"echo-reply", 0, 0},
    IcmpName{"pong", 0, 0},
    IcmpName{"network-unreachable", 3, 0},
    IcmpName{"host-unreachable", 3, 1},
    IcmpName{"protocol-unreachable", 3, 2},
    IcmpName{"port-unreachable", 3, 3},
    IcmpName{"fragmentation-needed", 3, 4},
    IcmpName{"source-route-failed", 3, 5},
    IcmpName{"network-unknown", 3, 6},
    IcmpName{"host-unknown", 3, 7},
    IcmpName{"network-prohibited", 3, 9},
    IcmpName{"host-prohibited", 3, 10},
    IcmpName{"TOS-network-unreachable", 3, 11},
    IcmpName{"TOS-host-unreachable", 3, 12},
    IcmpName{"communication-prohibited", 3, 13},
    IcmpName{"host-precedence-violation", 3, 14},
    IcmpName{"precedence-cutoff", 3, 15},
    IcmpName{"source-quench", 4, 0},
    IcmpName{"network-redirect", 5, 0},
    IcmpName{"host-redirect", 5, 1},
    IcmpName{"TOS-network-redirect", 5, 2},
    IcmpName{"TOS-host-redirect", 5, 3},
    IcmpName{"echo-request", 8, 0},
    IcmpName{"ping", 8, 0},
    IcmpName{"router-advertisement", 9, 0},
    IcmpName{"router-solicitation", 10, 0},
    IcmpName{"ttl-zero-during-transit", 11, 0},
    IcmpName{"ttl-zero-during-reassembly", 11, 1},
    IcmpName{"ip-header-bad", 12, 0},
    IcmpName{"required-option-missing", 12, 1},
    IcmpName{"timestamp-request", 13, 0},
    IcmpName{"timestamp-reply", 14, 0},
    IcmpName{"address-mask-request", 17, 0},
    IcmpName{"address-mask-reply", 18, 0},
};
constexpr std::array kIcmp6Names{
    IcmpName{"no-route", 1, 0},
    IcmpName{"communication-prohibited", 1, 1},
    IcmpName{"address-unreachable", 1, 3},
    IcmpName{"port-unreachable", 1, 4},
    IcmpName{"packet-too-big", 2, 0},
    IcmpName{"ttl-zero-during-transit", 3, 0},
    IcmpName{"ttl-zero-during-reassembly", 3, 1},
    IcmpName{"bad-header", 4, 0},
    IcmpName{"unknown-header-type", 4, 1},
    IcmpName{"unknown-option", 4, 2},
    IcmpName{"echo-request", 128, 0},
    IcmpName{"ping", 128, 0},
    IcmpName{"echo-reply", 129, 0},
    IcmpName{"pong", 129, 0},
    IcmpName{"router-solicitation", 133, 0},
    IcmpName{"router-advertisement", 134, 0},
    IcmpName{"neighbour-solicitation", 135, 0},
    IcmpName{"neighbour-advertisement", 136, 0},
    IcmpName{"redirect", 137, 0},
};

constexpr std::uint16_t icmp_port(std::uint8_t type, std::uint8_t code) {
  return static_cast<std::uint16_t>(type << 8 | code);
}

std::optional<std::uint16_t> icmp_port_of(std::string_view word, std::span<const IcmpName> names) {
  if (const std::size_t slash = word.find('/'); slash != std::string_view::npos) {
    const auto type = number_of<std::uint8_t>(word.substr(0, slash));
    const auto code = number_of<std::uint8_t>(word.substr(slash + 1));
    if (!type || !code) return std::nullopt;
    return icmp_port(*type, *code);
  }
  const auto found = std::find_if(names.begin(), names.end(),
                                  [&](const IcmpName& icmp) { return icmp.name == word; });
  if (found == names.end()) return std::nullopt;
  return icmp_port(found->type, found->code);
}

std::optional<std::uint16_t> port_of(std::string_view word, std::uint8_t protocol) {
  if (protocol == kIcmp) return icmp_port_of(word, kIcmpNames);
  if (protocol == kIcmp6) return icmp_port_of(word, kIcmp6Names);
  return number_of<std::uint16_t>(word);
}

Parsed parse_address(std::string_view word, ipset::Family family, ipset::Element& element) {
  element.ip = ipset::Address::parse(word);
  if (!element.ip || element.ip->family() != family) return bad(LineFault::kElement, word);
  return {};
}

Parsed parse_address_and_port(std::string_view word, ipset::Family family,
                              ipset::Element& element) {
  const std::size_t comma = word.find(',');
  const std::size_t colon = word.find(':', std::min(comma, word.size()));
  if (colon == std::string_view::npos) return bad(LineFault::kElement, word);
  if (!parse_address(word.substr(0, comma), family, element)) return bad(LineFault::kElement, word);
  element.protocol = protocol_of(word.substr(comma + 1, colon - comma - 1));
  if (!element.protocol) return bad(LineFault::kProtocol, word);
  element.port = port_of(word.substr(colon + 1), *element.protocol);
  if (element.port) return {};
  return bad(has_types(*element.protocol) ? LineFault::kProtocol : LineFault::kElement, word);
}

}  // namespace

void put_element_word(std::string& text, const ipset::Element& element) {
  if (!element.ip) return put_number(text, *element.port);
  text += element.ip->to_string();
  if (!element.port) return;
  text += ',';
  put_protocol(text, *element.protocol);
  text += ':';
  if (!has_types(*element.protocol)) return put_number(text, *element.port);
  // What ICMP has in the place of a port: a type and a code.
  put_number(text, *element.port >> 8);
  text += '/';
  put_number(text, *element.port & 255);
}

Parsed parse_element_word(std::string_view word, const ipset::SetHeader& header,
                          ipset::Element& element) {
  if (header.type == ipset::SetType::kHashIp) return parse_address(word, header.family, element);
  if (header.type != ipset::SetType::kBitmapPort)
    return parse_address_and_port(word, header.family, element);
  element.port = number_of<std::uint16_t>(word);
  if (!element.port) return bad(LineFault::kElement, word);
  return {};
}

}  // namespace ipsetkv::format
