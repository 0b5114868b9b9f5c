// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "ipset/address.h"
#include "ipset/element.h"
#include "ipset/icmp_name.h"
#include "ipset/set_type.h"

/// Elements in the words of ipset(8), for every set type. Pure functions.
///
/// An element's text is a word, such as `10.0.0.0/8,tcp:80`, and behind it what belongs to the
/// element and is no extension: `nomatch`, `wildcard`, and in a list:set `before NAME` or
/// `after NAME`.
namespace ipsetkv::ipset {

/// What a part of an element's text has to be.
enum class ElementPart : std::uint8_t {
  kWord,       ///< As many parts, separated by commas, as the type has.
  kAddress,    ///< An address of the set's family.
  kRange,      ///< An address; in the family inet also ADDRESS/PREFIX and FROM-TO.
  kNetwork,    ///< An address or ADDRESS/PREFIX; in the family inet also FROM-TO.
  kPort,       ///< A port or FROM-TO, 0 to 65535.
  kNoPort,     ///< The port 0: the protocol has no ports.
  kProtocol,   ///< A protocol that the type and family have, by name or number.
  kIcmp,       ///< TYPE/CODE, or a name that ipset(8) has for it.
  kMac,        ///< Six bytes in hexadecimal with colons between them.
  kMark,       ///< A number below 2^32.
  kInterface,  ///< A network interface's name of 1 to 15 bytes.
  kSetName,    ///< A set's name of 1 to 31 bytes.
  kOption,     ///< `nomatch` in a type with networks, `wildcard` in hash:net,iface.
};

/// Why a text is no element of a type: `text` should have been `wanted`. Borrows from that text.
struct ElementFault {
  ElementPart wanted = ElementPart::kWord;
  std::string_view text;
  friend bool operator==(const ElementFault&, const ElementFault&) = default;
};

/// The form of a type's word, for messages: "IP[/CIDR]|FROM-TO,[PROTO:]PORT".
[[nodiscard]] std::string_view element_form(SetType type);

/// Reads the text of an element of a set of that type and family; kUnspecified is taken for inet,
/// as in ipset(8).
///
/// The element is as the kernel lists it: a network has its host bits cleared and always a prefix
/// length, a single address has none, and a port without a protocol is TCP's (in bitmap:port a
/// protocol is dropped). Ranges are left to the kernel, which adds each of their elements: then
/// `ip_to`, `ip2_to`, `port_to` are set, or in a type of addresses `cidr`.
///
/// Unlike ipset(8) it resolves no names of hosts and services, and takes no abbreviations:
/// neither `10.1` for 10.0.0.1 nor `icmp:echo` for echo-reply.
[[nodiscard]] tl::expected<Element, ElementFault> parse_element(std::string_view text, SetType type,
                                                                Family family);

/// Appends the element's text as `ipset list` and `ipset save` print it. Extensions are left out.
void put_element(std::string& text, const Element& element);

/// The two parts of that: in a line of `ipset save` the timeout stands between them.
void put_element_word(std::string& text, const Element& element,
                      IcmpWords icmp = IcmpWords::kNames);
void put_element_flags(std::string& text, const Element& element);

}  // namespace ipsetkv::ipset
