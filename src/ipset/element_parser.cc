// SPDX-License-Identifier: MIT
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <span>

#include "base/number_text.h"
#include "ipset/element_text.h"
#include "ipset/protocol_name.h"

namespace ipsetkv::ipset {
namespace {

using Parsed = tl::expected<void, ElementFault>;

tl::unexpected<ElementFault> fault(ElementPart wanted, std::string_view text) {
  return tl::unexpected(ElementFault{.wanted = wanted, .text = text});
}

/// What an address may be in a type.
enum class AddressKind : std::uint8_t { kNone, kOne, kRange, kNetwork };

/// What stands beside or between the addresses.
enum class Middle : std::uint8_t {
  kNone,
  kPlainPort,  ///< Without a protocol.
  kPort,
  kMac,
  kMaybeMac,
  kMark,
  kInterface,
};

/// A type's word: these parts, in this order, separated by commas. A list:set has none of them.
struct Shape {
  AddressKind first;
  Middle middle;
  AddressKind second;
  std::string_view form;

  [[nodiscard]] bool has_networks() const {
    return first == AddressKind::kNetwork || second == AddressKind::kNetwork;
  }
  [[nodiscard]] std::size_t most_parts() const {
    return std::size_t{first != AddressKind::kNone} + std::size_t{middle != Middle::kNone} +
           std::size_t{second != AddressKind::kNone};
  }
  [[nodiscard]] std::size_t fewest_parts() const {
    return middle == Middle::kMaybeMac ? most_parts() - 1 : most_parts();
  }
};

using enum AddressKind;

/// In the order of SetType.
constexpr std::array<Shape, kSetTypes> kShapes{{
    {kRange, Middle::kNone, kNone, "IP|IP/CIDR|FROM-TO"},
    {kOne, Middle::kMaybeMac, kNone, "IP[,MAC]"},
    {kNone, Middle::kPlainPort, kNone, "[PROTO:]PORT|FROM-TO"},
    {kRange, Middle::kNone, kNone, "IP|IP/CIDR|FROM-TO"},
    {kOne, Middle::kMac, kNone, "IP,MAC"},
    {kRange, Middle::kMark, kNone, "IP,MARK"},
    {kRange, Middle::kPort, kNone, "IP,[PROTO:]PORT"},
    {kRange, Middle::kPort, kOne, "IP,[PROTO:]PORT,IP"},
    {kRange, Middle::kPort, kNetwork, "IP,[PROTO:]PORT,IP[/CIDR]"},
    {kNone, Middle::kMac, kNone, "MAC"},
    {kNetwork, Middle::kNone, kNone, "IP[/CIDR]|FROM-TO"},
    {kNetwork, Middle::kInterface, kNone, "IP[/CIDR]|FROM-TO,[physdev:]IFACE"},
    {kNetwork, Middle::kNone, kNetwork, "IP[/CIDR]|FROM-TO,IP[/CIDR]|FROM-TO"},
    {kNetwork, Middle::kPort, kNone, "IP[/CIDR]|FROM-TO,[PROTO:]PORT"},
    {kNetwork, Middle::kPort, kNetwork, "IP[/CIDR],[PROTO:]PORT,IP[/CIDR]"},
    {kNone, Middle::kNone, kNone, "NAME [before|after NAME]"},
}};

constexpr const Shape& shape_of(SetType type) { return kShapes[static_cast<std::size_t>(type)]; }

/// The text before the first `separator`; what follows it stays in `rest`. Without a separator all
/// of it, and nothing stays.
std::string_view take_until(char separator, std::string_view& rest) {
  const std::string_view part = rest.substr(0, rest.find(separator));
  rest.remove_prefix(std::min(part.size() + 1, rest.size()));
  return part;
}

/// An address may stand in square brackets.
std::optional<Address> address_of(std::string_view text, Family family) {
  if (text.starts_with('[') && text.ends_with(']')) text = text.substr(1, text.size() - 2);
  const auto address = Address::parse(text);
  return address && address->family() == family ? address : std::nullopt;
}

struct AddressText {
  std::optional<Address> ip;
  std::optional<Address> to;
  std::optional<std::uint8_t> prefix;
};

/// ADDRESS, ADDRESS/PREFIX or FROM-TO. What is wrong is not in what it returns.
AddressText read_address(std::string_view text, Family family) {
  AddressText read;
  if (const std::size_t slash = text.find('/'); slash != std::string_view::npos) {
    read.prefix = number_of_literal<std::uint8_t>(text.substr(slash + 1));
    if (read.prefix) read.ip = address_of(text.substr(0, slash), family);
    return read;
  }
  if (const std::size_t dash = text.find('-'); dash != std::string_view::npos) {
    read.to = address_of(text.substr(dash + 1), family);
    if (read.to) read.ip = address_of(text.substr(0, dash), family);
    return read;
  }
  read.ip = address_of(text, family);
  return read;
}

/// Whether the kernel takes an address of this form.
bool is_allowed(const AddressText& read, AddressKind kind) {
  if (!read.ip) return false;
  const bool inet = read.ip->family() == Family::kInet;
  const std::uint8_t bits = read.ip->bits();
  if (read.prefix && *read.prefix > bits) return false;
  if (read.to) return inet && kind != kOne;
  if (!read.prefix || *read.prefix == bits) return true;
  return kind == kNetwork || (kind == kRange && inet);
}

Parsed parse_address(std::string_view text, AddressKind kind, Family family,
                     std::optional<Address>& ip, std::optional<Address>& to,
                     std::optional<std::uint8_t>& prefix) {
  const AddressText read = read_address(text, family);
  if (!is_allowed(read, kind)) {
    if (kind == kOne) return fault(ElementPart::kAddress, text);
    return fault(kind == kRange ? ElementPart::kRange : ElementPart::kNetwork, text);
  }
  ip = read.ip;
  to = read.to;
  if (to) return {};
  const std::uint8_t length = read.prefix.value_or(ip->bits());
  ip = ip->network(length);
  if (kind == kNetwork || length != ip->bits()) prefix = length;
  return {};
}

/// PORT or FROM-TO
Parsed parse_port_range(std::string_view text, Element& element) {
  std::string_view rest = text;
  const std::string_view from = take_until('-', rest);
  element.port = number_of_literal<std::uint16_t>(from);
  if (!element.port) return fault(ElementPart::kPort, text);
  if (from.size() == text.size()) return {};
  element.port_to = number_of_literal<std::uint16_t>(rest);
  if (!element.port_to) return fault(ElementPart::kPort, text);
  return {};
}

/// [PROTOCOL:]PORT
Parsed parse_port(std::string_view text, Family family, Element& element) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) {
    element.protocol = IPPROTO_TCP;
    return parse_port_range(text, element);
  }
  const std::string_view name = text.substr(0, colon);
  const std::string_view port = text.substr(colon + 1);
  element.protocol = protocol_of(name);
  const Family needed = element.protocol == IPPROTO_ICMP     ? Family::kInet
                        : element.protocol == IPPROTO_ICMPV6 ? Family::kInet6
                                                             : family;
  if (!element.protocol || needed != family) return fault(ElementPart::kProtocol, name);
  if (has_ports(*element.protocol)) return parse_port_range(port, element);
  if (has_icmp_types(*element.protocol)) {
    element.port = icmp_port_of(port, *element.protocol);
    if (!element.port) return fault(ElementPart::kIcmp, port);
    return {};
  }
  if (number_of_literal<std::uint16_t>(port) != 0) return fault(ElementPart::kNoPort, port);
  element.port = 0;
  return {};
}

/// The same of a type whose elements have no protocol: it may say which service a number is of.
Parsed parse_plain_port(std::string_view text, Family family, Element& element) {
  if (auto parsed = parse_port(text, family, element); !parsed) return parsed;
  const std::uint8_t protocol = *element.protocol;
  if (protocol != IPPROTO_TCP && protocol != IPPROTO_UDP)
    return fault(ElementPart::kProtocol, text.substr(0, text.find(':')));
  element.protocol.reset();
  return {};
}

Parsed parse_mac(std::string_view text, Element& element) {
  constexpr std::size_t kMostDigits = 2;
  std::string_view rest = text;
  for (std::byte& byte : element.mac.emplace()) {
    const std::string_view digits = take_until(':', rest);
    const auto number = number_of<std::uint8_t>(digits, 0xFF, 16);
    if (!number || digits.size() > kMostDigits) return fault(ElementPart::kMac, text);
    byte = std::byte{*number};
  }
  if (!rest.empty() || text.ends_with(':')) return fault(ElementPart::kMac, text);
  return {};
}

Parsed parse_mark(std::string_view text, Element& element) {
  element.mark = number_of_literal<std::uint32_t>(text);
  if (!element.mark) return fault(ElementPart::kMark, text);
  return {};
}

template <std::size_t Limit>
bool take_name(std::string_view text, FixedText<Limit>& name) {
  return !text.empty() && text.find('\0') == std::string_view::npos && name.assign(text);
}

Parsed parse_interface(std::string_view text, Element& element) {
  constexpr std::string_view kPhysdev = "physdev:";
  element.physdev = text.starts_with(kPhysdev);
  const std::string_view name = text.substr(element.physdev ? kPhysdev.size() : 0);
  if (!take_name(name, element.interface)) return fault(ElementPart::kInterface, name);
  return {};
}

Parsed parse_middle(std::string_view text, Middle middle, Family family, Element& element) {
  switch (middle) {
    case Middle::kPlainPort:
      return parse_plain_port(text, family, element);
    case Middle::kPort:
      return parse_port(text, family, element);
    case Middle::kMac:
    case Middle::kMaybeMac:
      return parse_mac(text, element);
    case Middle::kMark:
      return parse_mark(text, element);
    case Middle::kInterface:
      return parse_interface(text, element);
    case Middle::kNone:
      break;
  }
  return {};
}

Parsed parse_word(std::string_view word, const Shape& shape, Family family, Element& element) {
  const auto parts = static_cast<std::size_t>(std::ranges::count(word, ',')) + 1;
  if (parts < shape.fewest_parts() || parts > shape.most_parts())
    return fault(ElementPart::kWord, word);
  std::string_view rest = word;
  if (shape.first != kNone) {
    auto parsed = parse_address(take_until(',', rest), shape.first, family, element.ip,
                                element.ip_to, element.cidr);
    if (!parsed) return parsed;
  }
  if (shape.middle != Middle::kNone && parts == shape.most_parts()) {
    auto parsed = parse_middle(take_until(',', rest), shape.middle, family, element);
    if (!parsed) return parsed;
  }
  if (shape.second == kNone) return {};
  return parse_address(rest, shape.second, family, element.ip2, element.ip2_to, element.cidr2);
}

/// Words with a space before each.
Parsed parse_options(std::string_view rest, const Shape& shape, Element& element) {
  while (!rest.empty()) {
    rest.remove_prefix(1);
    const std::string_view option = rest.substr(0, rest.find(' '));
    rest.remove_prefix(option.size());
    if (option == "nomatch" && shape.has_networks())
      element.nomatch = true;
    else if (option == "wildcard" && shape.middle == Middle::kInterface)
      element.wildcard = true;
    else
      return fault(ElementPart::kOption, option);
  }
  return {};
}

/// NAME, NAME before NAME, NAME after NAME. A name may have spaces of its own.
Parsed parse_member(std::string_view text, Element& element) {
  std::string_view name = text;
  for (const std::string_view relation : {" before ", " after "}) {
    const std::size_t place = text.rfind(relation);
    if (place == std::string_view::npos) continue;
    name = text.substr(0, place);
    const std::string_view reference = text.substr(place + relation.size());
    if (!take_name(reference, element.reference)) return fault(ElementPart::kSetName, reference);
    element.before = relation == " before ";
    break;
  }
  if (!take_name(name, element.set)) return fault(ElementPart::kSetName, name);
  return {};
}

Parsed parse(std::string_view text, SetType type, Family family, Element& element) {
  if (type == SetType::kListSet) return parse_member(text, element);
  const Shape& shape = shape_of(type);
  const std::string_view word = text.substr(0, text.find(' '));
  if (auto parsed = parse_word(word, shape, family, element); !parsed) return parsed;
  return parse_options(text.substr(word.size()), shape, element);
}

}  // namespace

std::string_view element_form(SetType type) { return shape_of(type).form; }

tl::expected<Element, ElementFault> parse_element(std::string_view text, SetType type,
                                                  Family family) {
  tl::expected<Element, ElementFault> element;
  if (family == Family::kUnspecified) family = Family::kInet;
  if (auto parsed = parse(text, type, family, *element); !parsed)
    return tl::unexpected(parsed.error());
  return element;
}

}  // namespace ipsetkv::ipset
