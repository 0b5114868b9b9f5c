// SPDX-License-Identifier: MIT
#include "format/own_names.h"

#include <charconv>
#include <string>

namespace ipsetkv::format {
namespace {

ipset::SetName numbered(std::string_view prefix, std::uint32_t number) {
  std::string name(prefix);
  name += std::to_string(number);
  return ipset::SetName(name);
}

/// Removes a decimal number from the front of `text`; false if there is none.
bool take_number(std::string_view& text, std::uint32_t& number) {
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  if (parsed.ec != std::errc()) return false;
  text.remove_prefix(static_cast<std::size_t>(parsed.ptr - text.data()));
  return true;
}

}  // namespace

ipset::SetName spare_name(std::uint32_t port_id) { return numbered("~", port_id); }

ipset::SetName lock_name(std::uint32_t stripe) { return numbered("~lock-", stripe); }

ipset::SetName held_name(std::uint32_t port_id, std::uint32_t stripe) {
  std::string prefix(spare_name(port_id).view());
  prefix += '-';
  return numbered(prefix, stripe);
}

ipset::SetName wait_marker_name(std::uint32_t stripe) { return numbered("~wait-", stripe); }

ipset::SetName new_set_name(std::uint32_t stripe) { return numbered("~new-", stripe); }

ipset::SetName mixed_marker_name(std::uint32_t stripe) { return numbered("~mixed-", stripe); }

std::optional<Owner> owner_of(std::string_view set_name) {
  Owner owner;
  std::string_view rest = set_name;
  if (!rest.starts_with('~')) return std::nullopt;
  rest.remove_prefix(1);
  if (!take_number(rest, owner.port)) return std::nullopt;
  if (rest.starts_with('-')) {
    rest.remove_prefix(1);
    if (!take_number(rest, owner.stripe.emplace()) || *owner.stripe >= kStripes)
      return std::nullopt;
  }
  // Our names have no leading zeros; one with leading zeros is foreign.
  const ipset::SetName name =
      owner.stripe ? held_name(owner.port, *owner.stripe) : spare_name(owner.port);
  return name.view() == set_name ? std::optional(owner) : std::nullopt;
}

}  // namespace ipsetkv::format
