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

/// The fields of a listed element that values use: one address, one port, counters and a comment.
/// Borrows from the receive buffer, or from the Element that it was made from, so that a long
/// comment is copied only once.
struct ElementView {
  std::span<const std::byte> ip;  ///< 4 or 16 bytes in network order; empty if there is none.
  std::string_view comment;
  std::optional<std::uint16_t> port;
  std::optional<std::uint8_t> protocol;
  std::optional<std::uint64_t> packets;
  std::optional<std::uint64_t> bytes;

  ElementView() = default;
  ElementView(const Element& element)  // NOLINT(google-explicit-constructor): like string_view
      : comment(element.comment.view()),
        port(element.port),
        protocol(element.protocol),
        packets(element.packets),
        bytes(element.bytes) {
    if (element.ip) ip = element.ip->bytes();
  }
};

/// Decodes the bytes inside an IPSET_ATTR_DATA and overwrites `element`. Returns IPSET_ATTR_UNSPEC
/// on success, otherwise the number of the attribute that is malformed. All other attributes are
/// skipped.
[[nodiscard]] std::uint16_t decode_element_view(std::span<const std::byte> bytes,
                                                ElementView& element);

/// Whether the address inside an IPSET_ATTR_DATA is `address`. The kernel lists it first.
[[nodiscard]] bool has_address(std::span<const std::byte> bytes,
                               std::span<const std::byte> address);

}  // namespace ipsetkv::ipset
