// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>

#include "ipset/create_options.h"
#include "ipset/fixed_text.h"
#include "netlink/attributes.h"

namespace ipsetkv::ipset {

/// What the kernel tells of a set besides its elements.
struct SetHeader {
  SetName name;
  SetName type_name;
  std::optional<SetType> type;  ///< Unset: a type that this library does not know.
  Family family = Family::kUnspecified;
  std::uint8_t revision = 0;
  CreateOptions options;
  std::uint32_t references = 0;    ///< How many rules and list:sets refer to it.
  std::uint32_t memory_bytes = 0;  ///< Without the hash table's own pointers.
  /// The elements there were when the dump began. Kernels before 4.8 don't tell.
  std::optional<std::uint32_t> elements;
};

/// Takes one attribute of a message of `list` or `header`, its nested ones included. Returns
/// IPSET_ATTR_UNSPEC if all is well, otherwise the number of the attribute that is malformed.
[[nodiscard]] std::uint16_t decode_header_attribute(const netlink::Attribute& attribute,
                                                    SetHeader& header);

}  // namespace ipsetkv::ipset
