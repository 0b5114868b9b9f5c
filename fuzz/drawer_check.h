// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "format/drawer_decoder.h"
#include "format/drawer_form.h"
#include "ipset/element.h"
#include "ipset/set_header.h"

namespace ipsetkv::fuzz {

/// What DrawerDecoder makes of a set's elements.
struct DrawerReading {
  std::optional<format::Decoded> decoded;
  std::string value;
  std::string key;
};
[[nodiscard]] DrawerReading read_drawer(const ipset::SetHeader& header, bool has_key,
                                        std::span<const ipset::Element> elements);

/// Requires that a content which fits comes back from its elements in whatever order the kernel
/// lists them, which `order` chooses, and that a writer who stops half way leaves no value.
void check_round_trip(const format::DrawerContent& content, std::uint32_t order);

}  // namespace ipsetkv::fuzz
