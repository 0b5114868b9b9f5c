// SPDX-License-Identifier: MIT
#include "store/archive_line.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <memory>
#include <optional>

#include "ipset/protocol.h"

namespace ipsetkv::store {
namespace {

using Parsed = tl::expected<void, BadLine>;

constexpr std::string_view kOwnComment = "# ipsetkv archive ";
constexpr std::uint8_t kIcmp = 1;

tl::unexpected<BadLine> bad(LineFault fault, std::string_view word) {
  return tl::unexpected(BadLine{.fault = fault, .word = word});
}

/// Takes the next word from `rest`; empty if there is none.
std::string_view next_word(std::string_view& rest) {
  rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
  const std::string_view word = rest.substr(0, rest.find(' '));
  rest.remove_prefix(word.size());
  return word;
}

template <class Number>
std::optional<Number> number_of(std::string_view text,
                                std::uint64_t limit = std::numeric_limits<Number>::max(),
                                int base = 10) {
  std::uint64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, number, base);
  if (parsed.ec != std::errc() || parsed.ptr != end || number > limit) return std::nullopt;
  return static_cast<Number>(number);
}

/// The number behind an option, into `value`. An option may come once.
template <class Number>
Parsed take_number(std::string_view option, std::string_view& rest, std::optional<Number>& value,
                   std::uint64_t limit = std::numeric_limits<Number>::max()) {
  if (value) return bad(LineFault::kOption, option);
  const std::string_view word = next_word(rest);
  value = number_of<Number>(word, limit);
  if (!value) return bad(LineFault::kNumber, word.empty() ? option : word);
  return {};
}

Parsed take_flag(std::string_view option, bool& flag) {
  if (flag) return bad(LineFault::kOption, option);
  flag = true;
  return {};
}

Parsed take_initval(std::string_view option, std::string_view& rest,
                    std::optional<std::uint32_t>& value) {
  constexpr std::string_view kHexMark = "0x";
  if (value) return bad(LineFault::kOption, option);
  const std::string_view word = next_word(rest);
  if (word.starts_with(kHexMark))
    value = number_of<std::uint32_t>(word.substr(kHexMark.size()),
                                     std::numeric_limits<std::uint32_t>::max(), 16);
  if (!value) return bad(LineFault::kNumber, word.empty() ? option : word);
  return {};
}

Parsed take_family(std::string_view option, std::string_view& rest, ipset::SetHeader& header) {
  const std::string_view word = next_word(rest);
  const bool given = header.family != ipset::Family::kUnspecified;
  if (word == ipset::family_name(ipset::Family::kInet))
    header.family = ipset::Family::kInet;
  else if (word == ipset::family_name(ipset::Family::kInet6))
    header.family = ipset::Family::kInet6;
  else
    return bad(LineFault::kOption, word.empty() ? option : word);
  if (given) return bad(LineFault::kOption, option);
  return {};
}

Parsed take_bitmask(std::string_view option, std::string_view& rest,
                    std::optional<ipset::Address>& value) {
  if (value) return bad(LineFault::kOption, option);
  const std::string_view word = next_word(rest);
  value = ipset::Address::parse(word);
  if (!value) return bad(LineFault::kNumber, word.empty() ? option : word);
  return {};
}

Parsed take_create_option(std::string_view option, std::string_view& rest,
                          ipset::SetHeader& header) {
  ipset::CreateOptions& options = header.options;
  if (option == "family") return take_family(option, rest, header);
  if (option == "hashsize") return take_number(option, rest, options.hashsize);
  if (option == "maxelem") return take_number(option, rest, options.maxelem);
  if (option == "bucketsize") return take_number(option, rest, options.bucketsize);
  if (option == "initval") return take_initval(option, rest, options.initval);
  if (option == "timeout") return take_number(option, rest, options.timeout, ipset::kMaxTimeout);
  if (option == "counters") return take_flag(option, options.counters);
  if (option == "comment") return take_flag(option, options.comment);
  if (option == "skbinfo") return take_flag(option, options.skbinfo);
  if (option == "forceadd") return take_flag(option, options.forceadd);
  if (option == "netmask") return take_number(option, rest, options.netmask);
  if (option == "bitmask") return take_bitmask(option, rest, options.bitmask);
  return bad(LineFault::kOption, option);
}

/// The protocols that values have, by their names in /etc/protocols, and udplite, which `ipset`
/// gives a port too. `ipset` writes a number where that file is missing.
std::optional<std::uint8_t> protocol_of(std::string_view word) {
  if (word == "tcp") return std::uint8_t{6};
  if (word == "udp") return std::uint8_t{17};
  if (word == "icmp") return kIcmp;
  if (word == "sctp") return std::uint8_t{132};
  if (word == "udplite") return std::uint8_t{136};
  return number_of<std::uint8_t>(word);
}

struct IcmpName {
  std::string_view name;
  std::uint8_t type;
  std::uint8_t code;
};

/// The words that ipset(8) has for types and codes: `ipset help` lists them.
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

constexpr std::uint16_t icmp_port(std::uint8_t type, std::uint8_t code) {
  return static_cast<std::uint16_t>(type << 8 | code);
}

std::optional<std::uint16_t> icmp_port_of(std::string_view word) {
  if (const std::size_t slash = word.find('/'); slash != std::string_view::npos) {
    const auto type = number_of<std::uint8_t>(word.substr(0, slash));
    const auto code = number_of<std::uint8_t>(word.substr(slash + 1));
    if (!type || !code) return std::nullopt;
    return icmp_port(*type, *code);
  }
  const auto* const found = std::find_if(kIcmpNames.begin(), kIcmpNames.end(),
                                         [&](const IcmpName& icmp) { return icmp.name == word; });
  if (found == kIcmpNames.end()) return std::nullopt;
  return icmp_port(found->type, found->code);
}

/// ADDRESS,PROTOCOL:PORT
Parsed take_element(std::string_view word, ipset::Element& element) {
  const std::size_t comma = word.find(',');
  const std::size_t colon = word.find(':', std::min(comma, word.size()));
  if (colon == std::string_view::npos) return bad(LineFault::kElement, word);
  element.ip = ipset::Address::parse(word.substr(0, comma));
  if (!element.ip || element.ip->family() != ipset::Family::kInet)
    return bad(LineFault::kElement, word);
  const std::string_view protocol = word.substr(comma + 1, colon - comma - 1);
  const std::string_view port = word.substr(colon + 1);
  element.protocol = protocol_of(protocol);
  if (!element.protocol) return bad(LineFault::kProtocol, word);
  element.port = element.protocol == kIcmp ? icmp_port_of(port) : number_of<std::uint16_t>(port);
  if (!element.port)
    return bad(element.protocol == kIcmp ? LineFault::kProtocol : LineFault::kElement, word);
  return {};
}

/// A comment stands between double quotes; it holds none itself.
Parsed take_comment(std::string_view option, std::string_view& rest, ipset::Element& element) {
  rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
  if (!element.comment.empty()) return bad(LineFault::kOption, option);
  if (!rest.starts_with('"')) return bad(LineFault::kComment, option);
  const std::size_t end = rest.find('"', 1);
  if (end == std::string_view::npos) return bad(LineFault::kComment, option);
  const std::string_view text = rest.substr(1, end - 1);
  rest.remove_prefix(end + 1);
  if (text.find('\0') != std::string_view::npos || !element.comment.assign(text) ||
      (!rest.empty() && rest.front() != ' '))
    return bad(LineFault::kComment, option);
  return {};
}

/// What a firewall hangs on to elements; no value depends on it.
Parsed pass_over(std::string_view option, std::string_view& rest, bool& seen) {
  if (seen) return bad(LineFault::kOption, option);
  seen = true;
  if (next_word(rest).empty()) return bad(LineFault::kNumber, option);
  return {};
}

/// Which of the options that are passed over were there.
struct Passed {
  bool skbmark = false;
  bool skbprio = false;
  bool skbqueue = false;
};

Parsed take_add_option(std::string_view option, std::string_view& rest,
                       const ipset::CreateOptions& options, ipset::Element& element,
                       Passed& passed) {
  const bool marks = option == "skbmark" || option == "skbprio" || option == "skbqueue";
  const bool counts = option == "packets" || option == "bytes";
  if ((option == "timeout" && !options.timeout) || (counts && !options.counters) ||
      (option == "comment" && !options.comment) || (marks && !options.skbinfo))
    return bad(LineFault::kExtension, option);
  if (option == "timeout") return take_number(option, rest, element.timeout, ipset::kMaxTimeout);
  if (option == "packets") return take_number(option, rest, element.packets);
  if (option == "bytes") return take_number(option, rest, element.bytes);
  if (option == "comment") return take_comment(option, rest, element);
  if (option == "skbmark") return pass_over(option, rest, passed.skbmark);
  if (option == "skbprio") return pass_over(option, rest, passed.skbprio);
  if (option == "skbqueue") return pass_over(option, rest, passed.skbqueue);
  return bad(LineFault::kOption, option);
}

tl::expected<ArchiveLine, BadLine> parse_remark(std::string_view line) {
  if (line == kArchiveBegin) return ArchiveLine{.kind = ArchiveLine::Kind::kBegin};
  if (line.starts_with(kOwnComment)) return bad(LineFault::kFormat, {});
  const bool ends_set = line.starts_with(kArchiveSet);
  if (!ends_set && !line.starts_with(kArchiveEnd)) return ArchiveLine{};
  const std::string_view word = line.substr(ends_set ? kArchiveSet.size() : kArchiveEnd.size());
  const auto count = number_of<std::uint64_t>(word);
  if (!count) return bad(LineFault::kNumber, word);
  return ArchiveLine{.kind = ends_set ? ArchiveLine::Kind::kSetEnd : ArchiveLine::Kind::kEnd,
                     .count = *count};
}

}  // namespace

tl::expected<ArchiveLine, BadLine> parse_line(std::string_view line) {
  if (line.size() > kMaxLineBytes) return bad(LineFault::kTooLong, {});
  if (line.starts_with('#')) return parse_remark(line);
  ArchiveLine parsed{.rest = line};
  const std::string_view command = next_word(parsed.rest);
  if (command.empty()) return parsed;
  if (command == "create")
    parsed.kind = ArchiveLine::Kind::kCreate;
  else if (command == "add")
    parsed.kind = ArchiveLine::Kind::kAdd;
  else
    return bad(LineFault::kCommand, command);
  parsed.set = next_word(parsed.rest);
  if (parsed.set.empty() || parsed.set.size() > ipset::SetName::kLimit ||
      parsed.set.find('\0') != std::string_view::npos)
    return bad(LineFault::kName, parsed.set.empty() ? command : parsed.set);
  if (parsed.kind == ArchiveLine::Kind::kAdd) return parsed;
  parsed.type = next_word(parsed.rest);
  if (parsed.type.empty()) return bad(LineFault::kType, parsed.set);
  return parsed;
}

tl::expected<void, BadLine> parse_create(std::string_view rest, ipset::SetHeader& header) {
  for (;;) {
    const std::string_view option = next_word(rest);
    if (option.empty()) break;
    if (auto taken = take_create_option(option, rest, header); !taken) return taken;
  }
  // What the stock tool takes for granted.
  if (header.family == ipset::Family::kUnspecified) header.family = ipset::Family::kInet;
  return {};
}

tl::expected<void, BadLine> parse_add(std::string_view rest, const ipset::CreateOptions& options,
                                      ipset::Element& element) {
  std::construct_at(&element);
  const std::string_view word = next_word(rest);
  if (auto taken = take_element(word, element); !taken) return taken;
  Passed passed;
  for (;;) {
    const std::string_view option = next_word(rest);
    if (option.empty()) return {};
    if (auto taken = take_add_option(option, rest, options, element, passed); !taken) return taken;
  }
}

}  // namespace ipsetkv::store
