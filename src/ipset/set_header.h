// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>

#include "ipset/create_options.h"
#include "ipset/fixed_text.h"
#include "netlink/attributes.h"

namespace ipsetkv::ipset {

/// What the kernel lists of a set besides its elements.
struct SetHeader {
  SetName name;
  SetName type_name;
  std::optional<SetType> type;  ///< Unset for a type that SetType lacks.
  Family family = Family::kUnspecified;
  std::uint8_t revision = 0;
  CreateOptions options;
  std::uint32_t references = 0;    ///< How many rules and list:sets refer to it.
  std::uint32_t memory_bytes = 0;  ///< Without the hash table's own pointers.
  /// How many elements it had when the dump began. Unset before Linux 4.8.
  std::optional<std::uint32_t> elements;
};

/// Decodes one attribute of a reply to `list` or `header`, with its nested ones. Returns
/// IPSET_ATTR_UNSPEC on success, otherwise the number of the attribute that is malformed.
[[nodiscard]] std::uint16_t decode_header_attribute(const netlink::Attribute& attribute,
                                                    SetHeader& header);

}  // namespace ipsetkv::ipset
