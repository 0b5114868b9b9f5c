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

/// The result of DrawerDecoder for a set's elements.
struct DrawerReading {
  std::optional<format::Decoded> decoded;
  std::string value;
  std::string key;
};
[[nodiscard]] DrawerReading read_drawer(const ipset::SetHeader& header, bool has_key,
                                        std::span<const ipset::Element> elements);

/// Requires that the elements of `content`, which must fit, decode to the same content, and that
/// those of an interrupted writer decode to none. `order` seeds the order in which elements are
/// listed.
void check_round_trip(const format::DrawerContent& content, std::uint32_t order);

}  // namespace ipsetkv::fuzz
