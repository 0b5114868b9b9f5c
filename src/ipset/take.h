// SPDX-License-Identifier: MIT
#pragma once

#include <concepts>
#include <optional>

#include "ipset/address.h"
#include "netlink/attributes.h"

/// Shared by the decoders of elements, options and headers: each stores an attribute's content in
/// `value`, and returns false if its length is wrong.
namespace ipsetkv::ipset {

template <std::unsigned_integral T>
[[nodiscard]] bool take(const netlink::Attribute& attribute, std::optional<T>& value) {
  value = attribute.number<T>();
  return value.has_value();
}

template <std::unsigned_integral T>
[[nodiscard]] bool take(const netlink::Attribute& attribute, T& value) {
  const auto number = attribute.number<T>();
  if (number) value = *number;
  return number.has_value();
}

[[nodiscard]] inline bool take(const netlink::Attribute& attribute, std::optional<Address>& value) {
  value = decode_address(attribute);
  return value.has_value();
}

}  // namespace ipsetkv::ipset
