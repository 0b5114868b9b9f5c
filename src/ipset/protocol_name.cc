// SPDX-License-Identifier: MIT
#include "ipset/protocol_name.h"

#include <netinet/in.h>

#include <algorithm>
#include <array>

#include "base/number_text.h"
#include "ipset/same_word.h"

namespace ipsetkv::ipset {
namespace {

struct Protocol {
  std::string_view name;
  std::uint8_t number;
};

/// Sorted by number. Of several names the first is printed; the others are aliases.
constexpr std::array kProtocols{
    Protocol{"icmp", 1},        Protocol{"igmp", 2},
    Protocol{"ggp", 3},         Protocol{"ipencap", 4},
    Protocol{"ip-encap", 4},    Protocol{"st", 5},
    Protocol{"tcp", 6},         Protocol{"egp", 8},
    Protocol{"igp", 9},         Protocol{"pup", 12},
    Protocol{"udp", 17},        Protocol{"hmp", 20},
    Protocol{"xns-idp", 22},    Protocol{"rdp", 27},
    Protocol{"iso-tp4", 29},    Protocol{"dccp", 33},
    Protocol{"xtp", 36},        Protocol{"ddp", 37},
    Protocol{"idpr-cmtp", 38},  Protocol{"ipv6", 41},
    Protocol{"ipv6-route", 43}, Protocol{"ipv6-frag", 44},
    Protocol{"idrp", 45},       Protocol{"rsvp", 46},
    Protocol{"gre", 47},        Protocol{"esp", 50},
    Protocol{"ipsec-esp", 50},  Protocol{"ah", 51},
    Protocol{"ipsec-ah", 51},   Protocol{"skip", 57},
    Protocol{"ipv6-icmp", 58},  Protocol{"icmpv6", 58},
    Protocol{"ipv6-nonxt", 59}, Protocol{"ipv6-opts", 60},
    Protocol{"rspf", 73},       Protocol{"cphb", 73},
    Protocol{"vmtp", 81},       Protocol{"eigrp", 88},
    Protocol{"ospf", 89},       Protocol{"ospfigp", 89},
    Protocol{"ax.25", 93},      Protocol{"ipip", 94},
    Protocol{"etherip", 97},    Protocol{"encap", 98},
    Protocol{"pim", 103},       Protocol{"ipcomp", 108},
    Protocol{"vrrp", 112},      Protocol{"l2tp", 115},
    Protocol{"isis", 124},      Protocol{"sctp", 132},
    Protocol{"fc", 133},        Protocol{"mobility-header", 135},
    Protocol{"udplite", 136},   Protocol{"mpls-in-ip", 137},
    Protocol{"manet", 138},     Protocol{"hip", 139},
    Protocol{"shim6", 140},     Protocol{"wesp", 141},
    Protocol{"rohc", 142},      Protocol{"ethernet", 143},
};

}  // namespace

std::optional<std::uint8_t> protocol_of(std::string_view word) {
  const auto* const found = std::ranges::find_if(
      kProtocols, [&](const Protocol& protocol) { return same_word(protocol.name, word); });
  if (found != kProtocols.end()) return found->number;
  const auto number = number_of_literal<std::uint8_t>(word);
  return number == 0 ? std::nullopt : number;
}

void put_protocol(std::string& text, std::uint8_t protocol) {
  const auto* const found = std::ranges::find(kProtocols, protocol, &Protocol::number);
  if (found != kProtocols.end())
    text += found->name;
  else
    put_number(text, protocol);
}

bool has_ports(std::uint8_t protocol) {
  return protocol == IPPROTO_TCP || protocol == IPPROTO_UDP || protocol == IPPROTO_SCTP ||
         protocol == IPPROTO_UDPLITE;
}

bool has_icmp_types(std::uint8_t protocol) {
  return protocol == IPPROTO_ICMP || protocol == IPPROTO_ICMPV6;
}

}  // namespace ipsetkv::ipset
