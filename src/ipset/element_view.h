// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "ipset/element.h"
#include "netlink/attributes.h"

namespace ipsetkv::ipset {

/// An element of a listing, as far as values are made of it: what a set with one address, one port,
/// counters and comments shows. Borrows the receive buffer, or the Element that it was made from,
/// so that a long comment is copied once only, to where it is wanted.
struct ElementView {
  std::span<const std::byte> ip;  ///< 4 or 16 bytes in network order; empty if there is none.
  std::string_view comment;
  std::optional<std::uint16_t> port;
  std::optional<std::uint8_t> protocol;
  std::optional<std::uint64_t> packets;
  std::optional<std::uint64_t> bytes;

  ElementView() = default;
  ElementView(const Element& element)  // NOLINT(google-explicit-constructor): as strings have views
      : comment(element.comment.view()),
        port(element.port),
        protocol(element.protocol),
        packets(element.packets),
        bytes(element.bytes) {
    if (element.ip) ip = element.ip->bytes();
  }
};

/// Reads the bytes inside an IPSET_ATTR_DATA over whatever `element` held. Returns
/// IPSET_ATTR_UNSPEC if all is well, otherwise the number of the attribute that is malformed. All
/// others are passed over.
[[nodiscard]] std::uint16_t decode_element_view(std::span<const std::byte> bytes,
                                                ElementView& element);

/// Whether the address inside an IPSET_ATTR_DATA is `address`. The kernel puts it first.
[[nodiscard]] bool has_address(std::span<const std::byte> bytes,
                               std::span<const std::byte> address);

}  // namespace ipsetkv::ipset
