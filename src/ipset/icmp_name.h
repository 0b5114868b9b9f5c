// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// Types and codes of ICMP and ICMPv6 as ipset(8) reads and prints them. An element has them in the
/// place of its port, the type in the upper byte.
namespace ipsetkv::ipset {

/// How a type and code are printed.
enum class IcmpWords : std::uint8_t {
  kNames,    ///< By their name where they have one, as ipset(8) does: "echo-request".
  kNumbers,  ///< TYPE/CODE always, which ipset(8) reads as well: "8/0".
};

/// The type and code of a name or of TYPE/CODE; upper and lower case are the same. Nothing if it is
/// neither. `protocol` is IPPROTO_ICMP or IPPROTO_ICMPV6.
[[nodiscard]] std::optional<std::uint16_t> icmp_port_of(std::string_view word,
                                                        std::uint8_t protocol);

/// Appends them.
void put_icmp(std::string& text, std::uint16_t port, std::uint8_t protocol, IcmpWords words);

}  // namespace ipsetkv::ipset
