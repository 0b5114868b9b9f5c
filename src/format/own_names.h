// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "ipset/fixed_text.h"

/// The names of the sets that the store uses beside those of the keys. They begin with '~', and
/// none of them is a digest's, which begins with "~key-".
namespace ipsetkv::format {

/// Keys are divided into this many stripes by their hash. The keys of a stripe share a lock.
inline constexpr std::uint32_t kStripes = 16;

/// The set that a writer fills before it takes a key's place: '~' and the netlink port id of the
/// writer's socket.
[[nodiscard]] ipset::SetName spare_name(std::uint32_t port_id);

/// The lock of a stripe while it is free.
[[nodiscard]] ipset::SetName lock_name(std::uint32_t stripe);
/// The lock of a stripe while the socket with this port id holds it.
[[nodiscard]] ipset::SetName held_name(std::uint32_t port_id, std::uint32_t stripe);

/// Exists while a writer waits until no reader lists a key of this stripe.
[[nodiscard]] ipset::SetName wait_marker_name(std::uint32_t stripe);
/// The new set of a key while its old one, of another type, is destroyed.
[[nodiscard]] ipset::SetName new_set_name(std::uint32_t stripe);
/// Exists once a key of this stripe has changed its set's type. A lookup that finds no set must
/// then be repeated with the stripe's lock held.
[[nodiscard]] ipset::SetName mixed_marker_name(std::uint32_t stripe);

/// Whose a set is by its name: the netlink port id of a spare set; the port id and the stripe of a
/// held lock.
struct Owner {
  std::uint32_t port = 0;
  std::optional<std::uint32_t> stripe;
};
/// Empty if the name is neither a spare set's nor a held lock's.
[[nodiscard]] std::optional<Owner> owner_of(std::string_view set_name);

}  // namespace ipsetkv::format
