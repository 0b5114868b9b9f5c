// SPDX-License-Identifier: MIT

// Writes the seeds made from recorded replies and by our own encoders. Leaves other seeds and kept
// faults in the folders alone.
//
//     write_seeds FOLDER

#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "format/archive_writer.h"
#include "format/drawer_decoder.h"
#include "format/drawer_form.h"
#include "format/key.h"
#include "ipset/recorded_replies.h"
#include "ipset/set_type.h"
#include "support/hex.h"

namespace ipsetkv::fuzz {
namespace {

namespace fs = std::filesystem;

/// Builds an input for fuzz::Input.
class Seed {
 public:
  template <std::unsigned_integral T>
  Seed& number(T value) {
    for (std::size_t bytes = sizeof(T); bytes > 0; --bytes)
      bytes_ += static_cast<char>(std::uint64_t{value} >> 8 * (bytes - 1));
    return *this;
  }
  Seed& flag(bool value) { return number(static_cast<std::uint8_t>(value)); }
  template <std::unsigned_integral Length>
  Seed& text(std::string_view text) {
    return number(static_cast<Length>(text.size())).rest(text);
  }
  Seed& word(std::string_view word) { return rest(word).number(std::uint8_t{0}); }
  Seed& rest(std::string_view bytes) {
    bytes_ += bytes;
    return *this;
  }
  void write(const fs::path& file) const {
    fs::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << bytes_;
  }

 private:
  std::string bytes_;
};

struct Recorded {
  std::string_view name;
  std::vector<std::string> datagrams;
};

std::vector<Recorded> recorded_dumps() {
  using namespace ipset;
  return {{"hash-ip-port", {kRecordedIpPort, kRecordedEnd}},
          {"hash-net-inet6", {kRecordedNet6, kRecordedEnd}},
          {"hash-net-iface", {kRecordedIface, kRecordedEnd}},
          {"bitmap-ip-mac", {kRecordedIpMac, kRecordedEnd}},
          {"bitmap-ip", {kRecordedBitmapIp, kRecordedEnd}},
          {"bitmap-port", {kRecordedPort, kRecordedEnd}},
          {"list-set", {kRecordedList, kRecordedEnd}},
          {"two-sets", {kRecordedPort, kRecordedIpPort, kRecordedEnd}},
          {"no-such-set", {kRecordedNoSuchSet}},
          {"names", {kRecordedNameS, kRecordedNameN, kRecordedEnd}}};
}

void write_replies(const fs::path& folder) {
  for (const Recorded& dump : recorded_dumps()) {
    Seed replies;
    Seed listing;
    listing.flag(dump.name == "names");
    for (const std::string& hex : dump.datagrams) {
      const auto datagram = tests::from_hex(hex);
      replies.rest(tests::as_text(datagram));
      listing.text<std::uint16_t>(tests::as_text(datagram));
    }
    replies.write(folder / "replies" / dump.name);
    listing.write(folder / "listing" / dump.name);
  }
}

struct Drawer {
  std::string name;
  format::Kind kind;
  std::string value;
  std::string key;
  std::optional<format::Moment> deadline;

  [[nodiscard]] format::DrawerContent content() const {
    return {.value = std::as_bytes(std::span(value)),
            .kind = kind,
            .key = key,
            .deadline = deadline,
            .life = deadline ? 10U : 0U};
  }
};

std::vector<Drawer> drawers() {
  constexpr format::Moment kDeadline = format::moment_at(4'102'444'800'000);
  const std::string awkward("\0\n\"\\ and zeros\0\0\0\0\0", 20);
  const std::string ones(24, '\xff');
  std::vector<Drawer> all;
  for (const auto kind : {format::Kind::kIpv4, format::Kind::kIpv6, format::Kind::kComment,
                          format::Kind::kCounters}) {
    const std::string name(format::kind_name(kind));
    all.push_back({name + "-empty", kind, "", "", {}});
    all.push_back({name + "-text", kind, "notebook", "", {}});
    all.push_back({name + "-awkward", kind, awkward, "", {}});
    all.push_back({name + "-ones-with-key", kind, ones, "a key with spaces", {}});
    // Counters of all ones are masked: by 1, unless a counter such as the last one excludes it.
    all.push_back({name + "-masked", kind, ones + "\xff\xff\xff\xfe\xff\xff\xff\xfe", "", {}});
    all.push_back({name + "-deadline", kind, awkward + ones, "", kDeadline});
    all.push_back({name + "-deadline-with-key", kind, "notebook", "a \"key\"\n", kDeadline});
  }
  return all;
}

void write_values(const fs::path& folder) {
  for (const Drawer& drawer : drawers()) {
    Seed seed;
    seed.number(static_cast<std::uint8_t>(drawer.kind)).flag(drawer.deadline.has_value());
    if (drawer.deadline) seed.number(format::milliseconds_of(*drawer.deadline) << 1);
    seed.number(std::uint32_t{1}).number(std::uint8_t{0});
    seed.text<std::uint16_t>(drawer.key).rest(drawer.value);
    seed.write(folder / "drawer_values" / drawer.name);
  }
}

void put_element(Seed& seed, const ipset::Element& element, const ipset::CreateOptions& options) {
  constexpr std::uint8_t kWholeAddress = 1;
  constexpr std::array<std::uint8_t, 7> kProtocols{6, 6, 1, 132, 58, 17, 136};
  seed.flag(true).number(*element.port);
  if (element.ip) {
    const auto address = tests::as_text(element.ip->bytes());
    seed.number(kWholeAddress);
    seed.rest(std::string(ipset::Address::kInet6Bytes - address.size(), '\0')).rest(address);
    const auto* const protocol = std::ranges::find(kProtocols, *element.protocol);
    seed.number(static_cast<std::uint8_t>(protocol - kProtocols.begin()));
  }
  if (options.counters)
    for (const auto counter : {element.packets, element.bytes})
      seed.flag(true).number(counter.value_or(0));
  if (options.comment) seed.text<std::uint8_t>(element.comment.view());
}

void write_elements(const fs::path& folder) {
  constexpr std::uint8_t kToldExactly = 2;
  for (const Drawer& drawer : drawers()) {
    const auto content = drawer.content();
    const auto options = format::options_for(content);
    const bool counts = options.port_from.has_value();
    Seed seed;
    seed.flag(counts).flag(format::shape_of(drawer.kind).family == ipset::Family::kInet6);
    seed.flag(options.comment);
    if (!counts) seed.flag(options.counters);
    seed.flag(options.timeout.has_value());
    if (options.timeout) seed.number(static_cast<std::uint8_t>(*options.timeout));
    seed.flag(format::is_expiring(options)).flag(!drawer.key.empty());
    if (counts)
      seed.number(static_cast<std::uint8_t>(*options.port_from))
          .number(static_cast<std::uint8_t>(*options.port_to));
    seed.number(kToldExactly);
    format::DrawerEncoder encoder(content);
    ipset::Element element;
    while (encoder.next(element)) put_element(seed, element, options);
    seed.write(folder / "drawer_elements" / drawer.name);
  }
}

void write_texts(const fs::path& folder) {
  for (const Drawer& drawer : drawers()) {
    if (drawer.kind != format::Kind::kComment) continue;
    ipset::Element element;
    (void)format::text::encode(drawer.content().value, 0, ipset::Family::kInet, format::kPlain,
                               element);
    Seed().rest(element.comment.view()).write(folder / "text" / drawer.name);
  }
  std::string every_byte;
  for (int byte = 0; byte <= std::numeric_limits<unsigned char>::max(); ++byte)
    every_byte += static_cast<char>(byte);
  Seed().rest(every_byte).write(folder / "text" / "every-byte");
}

void write_archives(const fs::path& folder) {
  for (const Drawer& drawer : drawers()) {
    std::string text;
    const format::ArchiveWriter::Write append = [&](std::string_view piece) -> Result<void> {
      text += piece;
      return {};
    };
    format::ArchiveWriter writer(append);
    const auto place = format::place_of(drawer.key.empty() ? "drawer" : drawer.key);
    (void)writer.add(place->name.view(), drawer.content());
    (void)writer.finish();
    Seed().rest(text).write(folder / "archive" / drawer.name);
  }
}

void write_command_lines(const fs::path& folder) {
  struct Line {
    std::string_view name;
    std::vector<std::string_view> words;
  };
  const std::vector<Line> lines{
      {"set", {"set", "drawer", "notebook", "--ex", "10", "--nx", "--get"}},
      {"set-dashes", {"set", "drawer", "--pxat=4102444800000", "--layout", "ipv6", "--", "-"}},
      {"set-keepttl", {"set", "drawer", "notebook", "--keepttl", "--xx"}},
      {"get", {"get", "--", "-drawer"}},
      {"mget", {"--netns", "blue", "--json", "mget", "one", "two"}},
      {"mset", {"mset", "one", "1", "two", "-"}},
      {"cas", {"cas", "drawer", "old", "new"}},
      {"incr", {"incr", "counter", "--", "-5"}},
      {"setrange", {"setrange", "drawer", "4", "book"}},
      {"getrange", {"getrange", "drawer", "--", "-4", "-1"}},
      {"expire", {"expire", "drawer", "--gt", "--", "10"}},
      {"rename", {"rename", "drawer", "chest", "--nx"}},
      {"copy", {"copy", "drawer", "chest", "--replace"}},
      {"keys", {"keys", "d[a-r]*", "-0"}},
      {"scan", {"scan", "0", "--match", "d*", "--count", "10", "--null"}},
      {"info", {"info", "--json"}},
      {"restore", {"restore", "saved.txt", "--keep"}},
      {"help", {"set", "--help"}},
      {"version", {"--version"}}};
  for (const Line& line : lines) {
    Seed seed;
    for (const std::string_view word : line.words) seed.word(word);
    seed.write(folder / "arguments" / line.name);
  }
}

void write_patterns(const fs::path& folder) {
  struct Pattern {
    std::string_view name;
    std::string_view pattern;
    std::string_view text;
  };
  const std::vector<Pattern> patterns{
      {"stars", "d*r*e?", "drawer even"},
      {"bracket", "[a-fx^]r[^a-c]*", "drier"},
      {"open-bracket", "d[ra", "da"},
      {"escapes", "\\*[\\]a-\\z]\\", "*q\\"},
      {"backwards", "[z-a-]", "-"},
      {"again-and-again", "*a*a*a*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}};
  for (const Pattern& pattern : patterns)
    Seed().word(pattern.pattern).rest(pattern.text).write(folder / "glob" / pattern.name);
}

/// One text for every form of a part, behind the number of its type and whether it is of inet6.
void write_element_texts(const fs::path& folder) {
  struct Text {
    std::string_view name;
    ipset::SetType type;
    std::string_view text;
    bool inet6 = false;
  };
  using enum ipset::SetType;
  const std::vector<Text> texts{
      {"address", kHashIp, "192.0.2.1"},
      {"address-inet6", kHashIp, "2001:DB8::0:1", true},
      {"range", kBitmapIp, "10.0.0.1-10.0.0.9"},
      {"network", kHashNet, "10.1.2.3/8 nomatch"},
      {"networks-inet6", kHashNetNet, "2001:db8::/32,::1/128", true},
      {"port", kHashIpPort, "1.2.3.4,udp:80-0x5a"},
      {"port-without-protocol", kHashNetPort, "[1.2.3.4],80"},
      {"plain-port", kBitmapPort, "tcp:80-90"},
      {"icmp", kHashIpPortIp, "1.2.3.4,icmp:Echo-Request,5.6.7.8"},
      {"icmp-inet6", kHashIpPortNet, "::1,58:1/2,2001:db8::/32", true},
      {"no-port", kHashNetPortNet, "10.0.0.0/8,gre:0,10.0.0.0-10.0.0.9"},
      {"mac", kHashMac, "02:0:0:0:0:Ab"},
      {"address-and-mac", kBitmapIpMac, "10.0.0.1,02:00:00:00:00:01"},
      {"address-inet6-and-mac", kHashIpMac, "::1,02:00:00:00:00:01", true},
      {"mark", kHashIpMark, "10.0.0.1/30,0x10"},
      {"interface", kHashNetIface, "10.0.0.0/8,physdev:et wildcard nomatch"},
      {"member", kListSet, "web before mail"},
  };
  for (const Text& text : texts)
    Seed()
        .number(static_cast<std::uint8_t>(text.type))
        .flag(text.inet6)
        .rest(text.text)
        .write(folder / "element_text" / text.name);
}

}  // namespace
}  // namespace ipsetkv::fuzz

int main(int count, char** words) {
  using namespace ipsetkv::fuzz;
  if (count != 2) {
    std::fputs("usage: write_seeds FOLDER\n", stderr);
    return 2;
  }
  const std::filesystem::path folder(words[1]);
  write_replies(folder);
  write_values(folder);
  write_elements(folder);
  write_texts(folder);
  write_archives(folder);
  write_command_lines(folder);
  write_patterns(folder);
  write_element_texts(folder);
  return 0;
}
