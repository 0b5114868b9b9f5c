// SPDX-License-Identifier: MIT
#include "format/archive_line.h"

#include <algorithm>

#include "ipset/element_text.h"
#include "ipset/protocol.h"
#include "ipset/protocol_name.h"

namespace ipsetkv::format {
namespace {

constexpr std::string_view kOwnComment = "# ipsetkv archive ";

/// Takes the next word from `rest`; empty if there is none.
std::string_view next_word(std::string_view& rest) {
  rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
  const std::string_view word = rest.substr(0, rest.find(' '));
  rest.remove_prefix(word.size());
  return word;
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

/// FROM-TO
Parsed take_range(std::string_view option, std::string_view& rest, ipset::CreateOptions& options) {
  if (options.port_from) return bad(LineFault::kOption, option);
  const std::string_view word = next_word(rest);
  const std::size_t dash = std::min(word.find('-'), word.size());
  options.port_from = number_of<std::uint16_t>(word.substr(0, dash));
  options.port_to = number_of<std::uint16_t>(word.substr(std::min(dash + 1, word.size())));
  if (!options.port_from || !options.port_to)
    return bad(LineFault::kNumber, word.empty() ? option : word);
  return {};
}

Parsed take_hash_option(std::string_view option, std::string_view& rest, ipset::SetHeader& header) {
  ipset::CreateOptions& options = header.options;
  if (option == "family") return take_family(option, rest, header);
  if (option == "hashsize") return take_number(option, rest, options.hashsize);
  if (option == "maxelem") return take_number(option, rest, options.maxelem);
  if (option == "bucketsize") return take_number(option, rest, options.bucketsize);
  if (option == "initval") return take_initval(option, rest, options.initval);
  if (option == "forceadd") return take_flag(option, options.forceadd);
  if (option == "netmask") return take_number(option, rest, options.netmask);
  if (option == "bitmask") return take_bitmask(option, rest, options.bitmask);
  return bad(LineFault::kOption, option);
}

Parsed take_create_option(std::string_view option, std::string_view& rest,
                          ipset::SetHeader& header) {
  ipset::CreateOptions& options = header.options;
  if (option == "timeout") return take_number(option, rest, options.timeout, ipset::kMaxTimeout);
  if (option == "counters") return take_flag(option, options.counters);
  if (option == "comment") return take_flag(option, options.comment);
  if (option == "skbinfo") return take_flag(option, options.skbinfo);
  if (header.type != ipset::SetType::kBitmapPort) return take_hash_option(option, rest, header);
  if (option == "range") return take_range(option, rest, options);
  return bad(LineFault::kOption, option);
}

LineFault line_fault(ipset::ElementPart wanted) {
  switch (wanted) {
    case ipset::ElementPart::kProtocol:
    case ipset::ElementPart::kIcmp:
    case ipset::ElementPart::kNoPort:
      return LineFault::kProtocol;
    default:
      return LineFault::kElement;
  }
}

/// The word of one element. A value has no element that stands for several, and none whose word
/// says more than the set keeps.
Parsed take_element(std::string_view& rest, const ipset::SetHeader& header,
                    ipset::Element& element) {
  const std::string_view word = next_word(rest);
  const auto parsed = ipset::parse_element(word, *header.type, header.family);
  if (!parsed) return bad(line_fault(parsed.error().wanted), word);
  element = *parsed;
  // Without a port that the kernel keeps, an element can hold nothing of a value.
  if (element.protocol && !ipset::has_ports(*element.protocol) &&
      !ipset::has_icmp_types(*element.protocol))
    return bad(LineFault::kProtocol, word);
  const bool drops_protocol =
      header.type == ipset::SetType::kBitmapPort && word.find(':') != std::string_view::npos;
  if (element.ip_to || element.port_to || element.cidr || drops_protocol)
    return bad(LineFault::kElement, word);
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

Parsed parse_create(std::string_view rest, ipset::SetHeader& header) {
  for (;;) {
    const std::string_view option = next_word(rest);
    if (option.empty()) break;
    if (auto taken = take_create_option(option, rest, header); !taken) return taken;
  }
  if (header.type == ipset::SetType::kBitmapPort) {
    if (!header.options.port_from) return bad(LineFault::kNumber, "range");
  } else if (header.family == ipset::Family::kUnspecified) {
    // What the stock tool takes for granted.
    header.family = ipset::Family::kInet;
  }
  return {};
}

Parsed parse_add(std::string_view rest, const ipset::SetHeader& header, ipset::Element& element) {
  if (auto taken = take_element(rest, header, element); !taken) return taken;
  Passed passed;
  for (;;) {
    const std::string_view option = next_word(rest);
    if (option.empty()) return {};
    if (auto taken = take_add_option(option, rest, header.options, element, passed); !taken)
      return taken;
  }
}

}  // namespace ipsetkv::format
