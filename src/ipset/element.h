// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "ipset/address.h"
#include "ipset/fixed_text.h"
#include "ipset/protocol.h"
#include "netlink/attributes.h"
#include "netlink/batch.h"

namespace ipsetkv::ipset {

using MacAddress = std::array<std::byte, 6>;
using InterfaceName = FixedText<kMaxInterfaceBytes>;
using Comment = FixedText<kMaxCommentBytes>;

/// A firewall mark with its mask, of the skbinfo extension: `skbmark MARK/MASK`.
struct SkbMark {
  std::uint32_t mark = 0;
  std::uint32_t mask = 0xFFFF'FFFF;
  friend bool operator==(const SkbMark&, const SkbMark&) = default;
};

/// An element of a set of any type: a type uses the fields that its name lists, and the extensions
/// that the set was created with. It never allocates, so one Element can be reused for a whole
/// dump.
struct Element {
  std::optional<Address> ip;
  std::optional<Address> ip_to;  ///< `add` and `del` only: the end of a range.
  std::optional<std::uint8_t> cidr;
  std::optional<std::uint16_t> port;
  std::optional<std::uint16_t> port_to;  ///< `add` and `del` only.
  std::optional<std::uint8_t> protocol;  ///< IPPROTO_TCP and so on, with a port.
  std::optional<std::uint32_t> mark;
  std::optional<MacAddress> mac;
  std::optional<Address> ip2;
  std::optional<Address> ip2_to;
  std::optional<std::uint8_t> cidr2;
  InterfaceName interface;
  bool physdev = false;   ///< `interface` is a bridge's port.
  bool wildcard = false;  ///< `interface` is a prefix.
  SetName set;            ///< The member of a list:set.
  SetName reference;      ///< `add` and `del` only: the member after or before which it is.
  bool before = false;    ///< It is before `reference`.
  bool nomatch = false;   ///< An exception to a larger network.

  /// `add` and `del` only: Batch::failed_line returns it if this element is the one that failed.
  std::optional<std::uint32_t> line;

  // Extensions
  std::optional<std::uint32_t> timeout;  ///< Seconds left; 0: never expires.
  std::optional<std::uint64_t> packets;
  std::optional<std::uint64_t> bytes;
  Comment comment;  ///< Any bytes but NUL.
  std::optional<SkbMark> skbmark;
  std::optional<std::uint32_t> skbprio;  ///< Major number in the upper 16 bits, minor in the lower.
  std::optional<std::uint16_t> skbqueue;

  friend bool operator==(const Element&, const Element&) = default;
};

/// Appends the element as a nested attribute IPSET_ATTR_DATA.
void encode_element(netlink::Batch& batch, const Element& element);

/// Decodes the bytes inside an IPSET_ATTR_DATA and overwrites `element`. Returns IPSET_ATTR_UNSPEC
/// on success, otherwise the number of the attribute that is malformed. Unknown attributes are
/// skipped.
[[nodiscard]] std::uint16_t decode_element(std::span<const std::byte> bytes, Element& element);

}  // namespace ipsetkv::ipset
