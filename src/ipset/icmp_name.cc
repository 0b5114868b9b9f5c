// SPDX-License-Identifier: MIT
#include "ipset/icmp_name.h"

#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <span>

#include "base/number_text.h"
#include "ipset/same_word.h"

namespace ipsetkv::ipset {
namespace {

struct IcmpName {
  std::string_view name;
  std::uint8_t type;
  std::uint8_t code;

  [[nodiscard]] constexpr std::uint16_t port() const {
    return static_cast<std::uint16_t>(type << 8 | code);
  }
};

/// `ipset help hash:ip,port` lists them. Of several names for one type and code the first is
/// printed. Two are misspelled in ipset(8).
constexpr std::array kIcmpNames{
    IcmpName{"echo-reply", 0, 0},
    IcmpName{"pong", 0, 0},
    IcmpName{"network-unreachable", 3, 0},
    IcmpName{"host-unreachable", 3, 1},
    IcmpName{"protocol-unreachable", 3, 2},
    IcmpName{"port-unreachable", 3, 3},
    IcmpName{"fragmentation-needed", 3, 4},
    IcmpName{"source-route-failed", 3, 5},
    IcmpName{"network-unknown", 3, 6},
    IcmpName{"host-unknown", 3, 7},
    IcmpName{"network-prohibited", 3, 9},
    IcmpName{"host-prohibited", 3, 10},
    IcmpName{"TOS-network-unreachable", 3, 11},
    IcmpName{"TOS-host-unreachable", 3, 12},
    IcmpName{"communication-prohibited", 3, 13},
    IcmpName{"host-precedence-violation", 3, 14},
    IcmpName{"precedence-cutoff", 3, 15},
    IcmpName{"source-quench", 4, 0},
    IcmpName{"network-redirect", 5, 0},
    IcmpName{"host-redirect", 5, 1},
    IcmpName{"TOS-network-redirect", 5, 2},
    IcmpName{"TOS-host-redirect", 5, 3},
    IcmpName{"echo-request", 8, 0},
    IcmpName{"ping", 8, 0},
    IcmpName{"router-advertisement", 9, 0},
    IcmpName{"router-solicitation", 10, 0},
    IcmpName{"ttl-zero-during-transit", 11, 0},
    IcmpName{"ttl-zero-during-reassembly", 11, 1},
    IcmpName{"ip-header-bad", 12, 0},
    IcmpName{"required-option-missing", 12, 1},
    IcmpName{"timestamp-request", 13, 0},
    IcmpName{"timestamp-reply", 14, 0},
    IcmpName{"address-mask-request", 17, 0},
    IcmpName{"address-mask-reply", 18, 0},
};
constexpr std::array kIcmp6Names{
    IcmpName{"no-route", 1, 0},
    IcmpName{"communication-prohibited", 1, 1},
    IcmpName{"address-unreachable", 1, 3},
    IcmpName{"port-unreachable", 1, 4},
    IcmpName{"packet-too-big", 2, 0},
    IcmpName{"ttl-zero-during-transit", 3, 0},
    IcmpName{"ttl-zero-during-reassembly", 3, 1},
    IcmpName{"bad-header", 4, 0},
    IcmpName{"unknown-header-type", 4, 1},
    IcmpName{"unknown-option", 4, 2},
    IcmpName{"echo-request", 128, 0},
    IcmpName{"ping", 128, 0},
    IcmpName{"echo-reply", 129, 0},
    IcmpName{"pong", 129, 0},
    IcmpName{"router-solicitation", 133, 0},
    IcmpName{"router-advertisement", 134, 0},
    IcmpName{"neighbour-solicitation", 135, 0},
    IcmpName{"neigbour-solicitation", 135, 0},
    IcmpName{"neighbour-advertisement", 136, 0},
    IcmpName{"neigbour-advertisement", 136, 0},
    IcmpName{"redirect", 137, 0},
};

std::span<const IcmpName> names_of(std::uint8_t protocol) {
  if (protocol == IPPROTO_ICMPV6) return kIcmp6Names;
  return kIcmpNames;
}

}  // namespace

std::optional<std::uint16_t> icmp_port_of(std::string_view word, std::uint8_t protocol) {
  const auto names = names_of(protocol);
  const auto found =
      std::ranges::find_if(names, [&](const IcmpName& icmp) { return same_word(icmp.name, word); });
  if (found != names.end()) return found->port();
  const std::size_t slash = word.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto type = number_of_literal<std::uint8_t>(word.substr(0, slash));
  const auto code = number_of_literal<std::uint8_t>(word.substr(slash + 1));
  if (!type || !code) return std::nullopt;
  return IcmpName{.name = {}, .type = *type, .code = *code}.port();
}

void put_icmp(std::string& text, std::uint16_t port, std::uint8_t protocol, IcmpWords words) {
  const auto names = names_of(protocol);
  const auto found = std::ranges::find(names, port, &IcmpName::port);
  if (words == IcmpWords::kNames && found != names.end()) {
    text += found->name;
    return;
  }
  put_number(text, port >> 8);
  text += '/';
  put_number(text, port & 0xFF);
}

}  // namespace ipsetkv::ipset
