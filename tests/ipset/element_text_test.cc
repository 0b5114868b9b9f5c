// SPDX-License-Identifier: MIT
#include "ipset/element_text.h"

#include <gtest/gtest.h>
#include <netinet/in.h>

#include <string>
#include <vector>

namespace ipsetkv::ipset {

/// Shown by GoogleTest where two faults differ.
void PrintTo(const ElementFault& fault, std::ostream* out) {
  *out << "part " << int{static_cast<std::uint8_t>(fault.wanted)} << " in '" << fault.text << "'";
}

namespace {

constexpr Family kInet = Family::kInet;
constexpr Family kInet6 = Family::kInet6;
constexpr Family kNone = Family::kUnspecified;

Address address(const char* text) { return Address::parse(text).value(); }

MacAddress mac(int last) { return {std::byte{2}, {}, {}, {}, {}, static_cast<std::byte>(last)}; }

std::string printed(const Element& element) {
  std::string text;
  put_element(text, element);
  return text;
}

struct Good {
  SetType type;
  Family family;
  const char* text;
  const char* printed;
  Element element;
};

void expect_good(const std::vector<Good>& cases) {
  for (const Good& test : cases) {
    SCOPED_TRACE(std::string(type_name(test.type)) + " " + test.text);
    const auto element = parse_element(test.text, test.type, test.family);
    ASSERT_TRUE(element) << testing::PrintToString(element.error());
    EXPECT_EQ(*element, test.element);
    EXPECT_EQ(printed(*element), test.printed);
    const auto again = parse_element(test.printed, test.type, test.family);
    ASSERT_TRUE(again);
    EXPECT_EQ(*again, test.element);
  }
}

struct Bad {
  SetType type;
  Family family;
  const char* text;
  ElementFault fault;
};

void expect_bad(const std::vector<Bad>& cases) {
  for (const Bad& test : cases) {
    SCOPED_TRACE(std::string(type_name(test.type)) + " " + test.text);
    const auto element = parse_element(test.text, test.type, test.family);
    ASSERT_FALSE(element) << printed(*element);
    EXPECT_EQ(element.error(), test.fault);
  }
}

TEST(ElementText, ReadsAddresses) {
  using enum SetType;
  expect_good({
      {kHashIp, kInet, "192.0.2.1", "192.0.2.1", {.ip = address("192.0.2.1")}},
      {kHashIp, kNone, "192.0.2.1", "192.0.2.1", {.ip = address("192.0.2.1")}},
      {kHashIp, kInet, "[192.0.2.1]", "192.0.2.1", {.ip = address("192.0.2.1")}},
      {kHashIp, kInet, "192.0.2.1/32", "192.0.2.1", {.ip = address("192.0.2.1")}},
      {kHashIp, kInet, "192.0.2.1/30", "192.0.2.0/30", {.ip = address("192.0.2.0"), .cidr = 30}},
      {kHashIp,
       kInet,
       "192.0.2.1-[192.0.2.3]",
       "192.0.2.1-192.0.2.3",
       {.ip = address("192.0.2.1"), .ip_to = address("192.0.2.3")}},
      {kHashIp, kInet6, "2001:DB8::0:1", "2001:db8::1", {.ip = address("2001:db8::1")}},
      {kHashIp, kInet6, "[2001:db8::1]/128", "2001:db8::1", {.ip = address("2001:db8::1")}},
      {kHashIp, kInet6, "::ffff:1.2.3.4", "::ffff:1.2.3.4", {.ip = address("::ffff:1.2.3.4")}},
      {kBitmapIp, kInet, "10.0.0.1", "10.0.0.1", {.ip = address("10.0.0.1")}},
      {kBitmapIp, kInet, "10.0.0.1/24", "10.0.0.0/24", {.ip = address("10.0.0.0"), .cidr = 24}},
      {kBitmapIp,
       kInet,
       "10.0.0.1-10.0.0.9",
       "10.0.0.1-10.0.0.9",
       {.ip = address("10.0.0.1"), .ip_to = address("10.0.0.9")}},
  });
  const auto wanted = [](const char* text) { return ElementFault{ElementPart::kRange, text}; };
  expect_bad({
      {kHashIp, kInet, "", wanted("")},
      {kHashIp, kInet, "here", wanted("here")},
      {kHashIp, kInet, "10.1", wanted("10.1")},
      {kHashIp, kInet, "010.0.0.1", wanted("010.0.0.1")},
      {kHashIp, kInet, "2001:db8::1", wanted("2001:db8::1")},
      {kHashIp, kInet, "10.0.0.1/", wanted("10.0.0.1/")},
      {kHashIp, kInet, "10.0.0.1/33", wanted("10.0.0.1/33")},
      {kHashIp, kInet, "10.0.0.1/08", wanted("10.0.0.1/08")},
      {kHashIp, kInet, "10.0.0.1/255.0.0.0", wanted("10.0.0.1/255.0.0.0")},
      {kHashIp, kInet, "10.0.0.1-", wanted("10.0.0.1-")},
      {kHashIp, kInet, "-10.0.0.1", wanted("-10.0.0.1")},
      {kHashIp, kInet, "10.0.0.1-10.0.0.9/8", wanted("10.0.0.1-10.0.0.9/8")},
      {kHashIp, kInet, "10.0.0.0/8-10.0.0.9", wanted("10.0.0.0/8-10.0.0.9")},
      {kHashIp, kInet, "[10.0.0.1", wanted("[10.0.0.1")},
      {kHashIp, kInet, "[", wanted("[")},
      {kHashIp, kInet6, "10.0.0.1", wanted("10.0.0.1")},
      {kHashIp, kInet6, "::1/127", wanted("::1/127")},
      {kHashIp, kInet6, "::1-::2", wanted("::1-::2")},
      {kHashIp, kInet, "10.0.0.1,80", {ElementPart::kWord, "10.0.0.1,80"}},
      {kHashIp, kInet, "10.0.0.1 nomatch", {ElementPart::kOption, "nomatch"}},
      {kHashIp, kInet, "10.0.0.1 ", {ElementPart::kOption, ""}},
  });
}

TEST(ElementText, ReadsNetworks) {
  using enum SetType;
  const auto net = [](const char* text, std::uint8_t cidr) {
    return Element{.ip = address(text), .cidr = cidr};
  };
  expect_good({
      {kHashNet, kInet, "10.0.0.0/8", "10.0.0.0/8", net("10.0.0.0", 8)},
      {kHashNet, kInet, "10.1.2.3/8", "10.0.0.0/8", net("10.0.0.0", 8)},
      {kHashNet, kInet, "10.1.2.3/17", "10.1.0.0/17", net("10.1.0.0", 17)},
      {kHashNet, kInet, "10.1.2.3/0", "0.0.0.0/0", net("0.0.0.0", 0)},
      {kHashNet, kInet, "10.1.2.3", "10.1.2.3", net("10.1.2.3", 32)},
      {kHashNet, kInet, "10.1.2.3/32", "10.1.2.3", net("10.1.2.3", 32)},
      {kHashNet,
       kInet,
       "10.0.0.1-10.0.0.9",
       "10.0.0.1-10.0.0.9",
       {.ip = address("10.0.0.1"), .ip_to = address("10.0.0.9")}},
      {kHashNet, kInet6, "2001:DB8::1/32", "2001:db8::/32", net("2001:db8::", 32)},
      {kHashNet, kInet6, "2001:db8::ff/127", "2001:db8::fe/127", net("2001:db8::fe", 127)},
      {kHashNet, kInet6, "::1", "::1", net("::1", 128)},
      {kHashNet,
       kInet,
       "10.1.0.0/16 nomatch",
       "10.1.0.0/16 nomatch",
       {.ip = address("10.1.0.0"), .cidr = 16, .nomatch = true}},
      {kHashNetNet,
       kInet,
       "10.0.0.1/8,192.0.2.1",
       "10.0.0.0/8,192.0.2.1",
       {.ip = address("10.0.0.0"), .cidr = 8, .ip2 = address("192.0.2.1"), .cidr2 = 32}},
      {kHashNetNet,
       kInet,
       "10.0.0.1-10.0.0.2,192.0.2.1-192.0.2.2 nomatch",
       "10.0.0.1-10.0.0.2,192.0.2.1-192.0.2.2 nomatch",
       {.ip = address("10.0.0.1"),
        .ip_to = address("10.0.0.2"),
        .ip2 = address("192.0.2.1"),
        .ip2_to = address("192.0.2.2"),
        .nomatch = true}},
      {kHashNetNet,
       kInet6,
       "2001:db8::/32,::1/128",
       "2001:db8::/32,::1",
       {.ip = address("2001:db8::"), .cidr = 32, .ip2 = address("::1"), .cidr2 = 128}},
  });
  expect_bad({
      {kHashNet, kInet, "10.0.0.0/33", {ElementPart::kNetwork, "10.0.0.0/33"}},
      {kHashNet, kInet6, "::/129", {ElementPart::kNetwork, "::/129"}},
      {kHashNet, kInet6, "::1-::2", {ElementPart::kNetwork, "::1-::2"}},
      {kHashNet, kInet, "10.0.0.0/8 wildcard", {ElementPart::kOption, "wildcard"}},
      {kHashNet, kInet, "10.0.0.0/8 nomatch now", {ElementPart::kOption, "now"}},
      {kHashNet, kInet, "10.0.0.0/8  nomatch", {ElementPart::kOption, ""}},
      {kHashNetNet, kInet, "10.0.0.0/8", {ElementPart::kWord, "10.0.0.0/8"}},
      {kHashNetNet, kInet, "10.0.0.0/8,10", {ElementPart::kNetwork, "10"}},
      {kHashNetNet, kInet, "10.0.0.0/8,", {ElementPart::kNetwork, ""}},
      {kHashNetNet,
       kInet,
       "1.1.1.1,2.2.2.2,3.3.3.3",
       {ElementPart::kWord, "1.1.1.1,2.2.2.2,3.3.3.3"}},
  });
}

TEST(ElementText, ReadsPorts) {
  using enum SetType;
  const auto port = [](std::uint8_t protocol, std::uint16_t number) {
    return Element{.ip = address("1.2.3.4"), .port = number, .protocol = protocol};
  };
  expect_good({
      {kHashIpPort, kInet, "1.2.3.4,80", "1.2.3.4,tcp:80", port(IPPROTO_TCP, 80)},
      {kHashIpPort, kInet, "1.2.3.4,tcp:80", "1.2.3.4,tcp:80", port(IPPROTO_TCP, 80)},
      {kHashIpPort, kInet, "1.2.3.4,TCP:0x50", "1.2.3.4,tcp:80", port(IPPROTO_TCP, 80)},
      {kHashIpPort, kInet, "1.2.3.4,6:0120", "1.2.3.4,tcp:80", port(IPPROTO_TCP, 80)},
      {kHashIpPort, kInet, "1.2.3.4,udp:65535", "1.2.3.4,udp:65535", port(IPPROTO_UDP, 65535)},
      {kHashIpPort, kInet, "1.2.3.4,0x84:258", "1.2.3.4,sctp:258", port(IPPROTO_SCTP, 258)},
      {kHashIpPort, kInet, "1.2.3.4,UDPLite:1", "1.2.3.4,udplite:1", port(IPPROTO_UDPLITE, 1)},
      {kHashIpPort, kInet, "1.2.3.4,IPSEC-ESP:0", "1.2.3.4,esp:0", port(IPPROTO_ESP, 0)},
      {kHashIpPort, kInet, "1.2.3.4,47:0", "1.2.3.4,gre:0", port(IPPROTO_GRE, 0)},
      {kHashIpPort, kInet, "1.2.3.4,255:0", "1.2.3.4,255:0", port(255, 0)},
      {kHashIpPort, kInet, "1.2.3.4,icmp:8/0", "1.2.3.4,icmp:echo-request",
       port(IPPROTO_ICMP, 0x800)},
      {kHashIpPort, kInet, "1.2.3.4,icmp:Ping", "1.2.3.4,icmp:echo-request",
       port(IPPROTO_ICMP, 0x800)},
      {kHashIpPort, kInet, "1.2.3.4,1:3/0xD", "1.2.3.4,icmp:communication-prohibited",
       port(IPPROTO_ICMP, 0x30D)},
      {kHashIpPort, kInet, "1.2.3.4,icmp:255/254", "1.2.3.4,icmp:255/254",
       port(IPPROTO_ICMP, 0xFFFE)},
      {kHashIpPort,
       kInet6,
       "::1,icmpv6:neigbour-solicitation",
       "::1,ipv6-icmp:neighbour-solicitation",
       {.ip = address("::1"), .port = 135 << 8, .protocol = IPPROTO_ICMPV6}},
      {kHashIpPort,
       kInet6,
       "[::1],58:1/2",
       "::1,ipv6-icmp:1/2",
       {.ip = address("::1"), .port = 0x102, .protocol = IPPROTO_ICMPV6}},
      {kHashIpPort,
       kInet,
       "1.2.3.4/30,udp:80-82",
       "1.2.3.4/30,udp:80-82",
       {.ip = address("1.2.3.4"), .cidr = 30, .port = 80, .port_to = 82, .protocol = IPPROTO_UDP}},
      {kHashNetPort,
       kInet,
       "10.0.0.1/8,53 nomatch",
       "10.0.0.0/8,tcp:53 nomatch",
       {.ip = address("10.0.0.0"),
        .cidr = 8,
        .port = 53,
        .protocol = IPPROTO_TCP,
        .nomatch = true}},
      {kBitmapPort, kNone, "80", "80", {.port = 80}},
      {kBitmapPort, kNone, "0", "0", {.port = 0}},
      {kBitmapPort, kNone, "udp:80-90", "80-90", {.port = 80, .port_to = 90}},
  });
  expect_bad({
      {kHashIpPort, kInet, "1.2.3.4", {ElementPart::kWord, "1.2.3.4"}},
      {kHashIpPort, kInet, "1.2.3.4,", {ElementPart::kPort, ""}},
      {kHashIpPort, kInet, "1.2.3.4,tcp:", {ElementPart::kPort, ""}},
      {kHashIpPort, kInet, "1.2.3.4,http", {ElementPart::kPort, "http"}},
      {kHashIpPort, kInet, "1.2.3.4,tcp:65536", {ElementPart::kPort, "65536"}},
      {kHashIpPort, kInet, "1.2.3.4,tcp:080", {ElementPart::kPort, "080"}},
      {kHashIpPort, kInet, "1.2.3.4,tcp:+80", {ElementPart::kPort, "+80"}},
      {kHashIpPort, kInet, "1.2.3.4,tcp:80-", {ElementPart::kPort, "80-"}},
      {kHashIpPort, kInet, "1.2.3.4,tcp:80-81-82", {ElementPart::kPort, "80-81-82"}},
      {kHashIpPort, kInet, "1.2.3.4,:80", {ElementPart::kProtocol, ""}},
      {kHashIpPort, kInet, "1.2.3.4,carrier:80", {ElementPart::kProtocol, "carrier"}},
      {kHashIpPort, kInet, "1.2.3.4,0:80", {ElementPart::kProtocol, "0"}},
      {kHashIpPort, kInet, "1.2.3.4,256:0", {ElementPart::kProtocol, "256"}},
      {kHashIpPort, kInet, "1.2.3.4,icmpv6:1/2", {ElementPart::kProtocol, "icmpv6"}},
      {kHashIpPort, kInet6, "::1,icmp:1/2", {ElementPart::kProtocol, "icmp"}},
      {kHashIpPort, kInet, "1.2.3.4,icmp:8", {ElementPart::kIcmp, "8"}},
      {kHashIpPort, kInet, "1.2.3.4,icmp:8/256", {ElementPart::kIcmp, "8/256"}},
      {kHashIpPort, kInet, "1.2.3.4,icmp:echo", {ElementPart::kIcmp, "echo"}},
      {kHashIpPort, kInet, "1.2.3.4,icmp:no-route", {ElementPart::kIcmp, "no-route"}},
      {kHashIpPort, kInet, "1.2.3.4,gre:1", {ElementPart::kNoPort, "1"}},
      {kHashIpPort, kInet, "1.2.3.4,gre:0-0", {ElementPart::kNoPort, "0-0"}},
      {kHashIpPort, kInet6, "::1/127,80", {ElementPart::kRange, "::1/127"}},
      {kBitmapPort, kNone, "sctp:1", {ElementPart::kProtocol, "sctp"}},
      {kBitmapPort, kNone, "icmp:8/0", {ElementPart::kProtocol, "icmp"}},
      {kBitmapPort, kNone, "1,2", {ElementPart::kWord, "1,2"}},
  });
}

TEST(ElementText, ReadsTwoAddressesWithAPort) {
  using enum SetType;
  expect_good({
      {kHashIpPortIp,
       kInet,
       "1.2.3.4-1.2.3.5,80,5.6.7.8/32",
       "1.2.3.4-1.2.3.5,tcp:80,5.6.7.8",
       {.ip = address("1.2.3.4"),
        .ip_to = address("1.2.3.5"),
        .port = 80,
        .protocol = IPPROTO_TCP,
        .ip2 = address("5.6.7.8")}},
      {kHashIpPortNet,
       kInet6,
       "::1,udp:1-2,2001:db8::1/32 nomatch",
       "::1,udp:1-2,2001:db8::/32 nomatch",
       {.ip = address("::1"),
        .port = 1,
        .port_to = 2,
        .protocol = IPPROTO_UDP,
        .ip2 = address("2001:db8::"),
        .cidr2 = 32,
        .nomatch = true}},
      {kHashIpPortNet,
       kInet,
       "1.2.3.4,80,10.0.0.1-10.0.0.4",
       "1.2.3.4,tcp:80,10.0.0.1-10.0.0.4",
       {.ip = address("1.2.3.4"),
        .port = 80,
        .protocol = IPPROTO_TCP,
        .ip2 = address("10.0.0.1"),
        .ip2_to = address("10.0.0.4")}},
      {kHashNetPortNet,
       kInet,
       "10.0.0.0/8,icmp:ping,192.0.2.1",
       "10.0.0.0/8,icmp:echo-request,192.0.2.1",
       {.ip = address("10.0.0.0"),
        .cidr = 8,
        .port = 0x800,
        .protocol = IPPROTO_ICMP,
        .ip2 = address("192.0.2.1"),
        .cidr2 = 32}},
  });
  expect_bad({
      {kHashIpPortIp, kInet, "1.2.3.4,80", {ElementPart::kWord, "1.2.3.4,80"}},
      {kHashIpPortIp, kInet, "1.2.3.4,80,5.6.7.8/31", {ElementPart::kAddress, "5.6.7.8/31"}},
      {kHashIpPortIp,
       kInet,
       "1.2.3.4,80,5.6.7.8-9.9.9.9",
       {ElementPart::kAddress, "5.6.7.8-9.9.9.9"}},
      {kHashIpPortIp, kInet, "1.2.3.4,80,::1", {ElementPart::kAddress, "::1"}},
      {kHashIpPortIp, kInet, "1.2.3.4,80,5.6.7.8 nomatch", {ElementPart::kOption, "nomatch"}},
      {kHashIpPortNet, kInet6, "::1,80,::1-::2", {ElementPart::kNetwork, "::1-::2"}},
      {kHashNetPortNet,
       kInet,
       "1.2.3.4,80,5.6.7.8,9",
       {ElementPart::kWord, "1.2.3.4,80,5.6.7.8,9"}},
  });
}

TEST(ElementText, ReadsEthernetAddressesAndMarks) {
  using enum SetType;
  expect_good({
      {kHashMac, kNone, "02:00:00:00:00:ab", "02:00:00:00:00:AB", {.mac = mac(0xAB)}},
      {kHashMac, kNone, "2:0:0:0:0:Ab", "02:00:00:00:00:AB", {.mac = mac(0xAB)}},
      {kHashIpMac,
       kInet6,
       "::1,02:00:00:00:00:01",
       "::1,02:00:00:00:00:01",
       {.ip = address("::1"), .mac = mac(1)}},
      {kBitmapIpMac, kInet, "10.0.0.1", "10.0.0.1", {.ip = address("10.0.0.1")}},
      {kBitmapIpMac,
       kInet,
       "10.0.0.1/32,02:00:00:00:00:01",
       "10.0.0.1,02:00:00:00:00:01",
       {.ip = address("10.0.0.1"), .mac = mac(1)}},
      {kHashIpMark,
       kInet,
       "10.0.0.1,0x10",
       "10.0.0.1,0x00000010",
       {.ip = address("10.0.0.1"), .mark = 0x10}},
      {kHashIpMark,
       kInet6,
       "::1,4294967295",
       "::1,0xffffffff",
       {.ip = address("::1"), .mark = 0xFFFF'FFFF}},
      {kHashIpMark,
       kInet,
       "10.0.0.0/31,010",
       "10.0.0.0/31,0x00000008",
       {.ip = address("10.0.0.0"), .cidr = 31, .mark = 8}},
  });
  const auto wanted = [](const char* text) { return ElementFault{ElementPart::kMac, text}; };
  expect_bad({
      {kHashMac, kNone, "", wanted("")},
      {kHashMac, kNone, "02:00:00:00:00", wanted("02:00:00:00:00")},
      {kHashMac, kNone, "02:00:00:00:00:01:", wanted("02:00:00:00:00:01:")},
      {kHashMac, kNone, "02:00:00:00:00:01:02", wanted("02:00:00:00:00:01:02")},
      {kHashMac, kNone, "02:00:00:00:00:001", wanted("02:00:00:00:00:001")},
      {kHashMac, kNone, "02:00:00:00:00:0g", wanted("02:00:00:00:00:0g")},
      {kHashMac, kNone, "02-00-00-00-00-01", wanted("02-00-00-00-00-01")},
      {kBitmapIpMac, kInet, "10.0.0.1,", wanted("")},
      {kBitmapIpMac, kInet, "10.0.0.1/31", {ElementPart::kAddress, "10.0.0.1/31"}},
      {kHashIpMac, kInet, "10.0.0.1", {ElementPart::kWord, "10.0.0.1"}},
      {kHashIpMark, kInet, "10.0.0.1,0x100000000", {ElementPart::kMark, "0x100000000"}},
      {kHashIpMark, kInet, "10.0.0.1,1/2", {ElementPart::kMark, "1/2"}},
      {kHashIpMark, kInet, "10.0.0.1,0x", {ElementPart::kMark, "0x"}},
  });
}

TEST(ElementText, ReadsInterfaces) {
  const SetType type = SetType::kHashNetIface;
  expect_good({
      {type,
       kInet,
       "10.0.0.1/8,eth0",
       "10.0.0.0/8,eth0",
       {.ip = address("10.0.0.0"), .cidr = 8, .interface = "eth0"}},
      {type,
       kInet6,
       "::/0,physdev:br:0",
       "::/0,physdev:br:0",
       {.ip = address("::"), .cidr = 0, .interface = "br:0", .physdev = true}},
      {type,
       kInet,
       "10.0.0.1,physdev:physdev: wildcard nomatch",
       "10.0.0.1,physdev:physdev: nomatch wildcard",
       {.ip = address("10.0.0.1"),
        .cidr = 32,
        .interface = "physdev:",
        .physdev = true,
        .wildcard = true,
        .nomatch = true}},
      {type,
       kInet,
       "10.0.0.1-10.0.0.2,abcdefghijklmno",
       "10.0.0.1-10.0.0.2,abcdefghijklmno",
       {.ip = address("10.0.0.1"), .ip_to = address("10.0.0.2"), .interface = "abcdefghijklmno"}},
  });
  expect_bad({
      {type, kInet, "10.0.0.0/8", {ElementPart::kWord, "10.0.0.0/8"}},
      {type, kInet, "10.0.0.0/8,", {ElementPart::kInterface, ""}},
      {type, kInet, "10.0.0.0/8,physdev:", {ElementPart::kInterface, ""}},
      {type, kInet, "10.0.0.0/8,abcdefghijklmnop", {ElementPart::kInterface, "abcdefghijklmnop"}},
      {type, kInet, "10.0.0.0/8,eth0,eth1", {ElementPart::kWord, "10.0.0.0/8,eth0,eth1"}},
      {type, kInet, "10.0.0.0/8,eth0 physdev", {ElementPart::kOption, "physdev"}},
  });
  const auto element = parse_element(std::string_view("10.0.0.0/8,et\0h", 15), type, kInet);
  ASSERT_FALSE(element);
  EXPECT_EQ(element.error().wanted, ElementPart::kInterface);
}

TEST(ElementText, ReadsMembersOfAList) {
  const SetType type = SetType::kListSet;
  const char* const longest = "abcdefghijklmnopqrstuvwxyz01234";
  expect_good({
      {type, kNone, "web", "web", {.set = "web"}},
      {type, kNone, "a name,2", "a name,2", {.set = "a name,2"}},
      {type, kNone, longest, longest, {.set = longest}},
      {type,
       kNone,
       "web before mail",
       "web before mail",
       {.set = "web", .reference = "mail", .before = true}},
      {type, kNone, "web after mail", "web after mail", {.set = "web", .reference = "mail"}},
  });
  const char* const too_long = "abcdefghijklmnopqrstuvwxyz012345";
  expect_bad({
      {type, kNone, "", {ElementPart::kSetName, ""}},
      {type, kNone, too_long, {ElementPart::kSetName, too_long}},
      {type, kNone, " before web", {ElementPart::kSetName, ""}},
      {type, kNone, "web after ", {ElementPart::kSetName, ""}},
  });
}

TEST(ElementText, PrintsIcmpTypesAsNumbersWhereThatIsWanted) {
  const Element element{.ip = address("1.2.3.4"), .port = 0x800, .protocol = IPPROTO_ICMP};
  std::string text = "add s ";
  put_element_word(text, element, IcmpWords::kNumbers);
  EXPECT_EQ(text, "add s 1.2.3.4,icmp:8/0");
}

TEST(ElementText, PrintsFlagsApartFromTheWord) {
  const Element element{
      .ip = address("10.0.0.0"), .cidr = 8, .interface = "eth", .wildcard = true, .nomatch = true};
  std::string word;
  std::string flags;
  put_element_word(word, element);
  put_element_flags(flags, element);
  EXPECT_EQ(word, "10.0.0.0/8,eth");
  EXPECT_EQ(flags, " nomatch wildcard");
}

TEST(ElementText, HasAFormForEveryType) {
  EXPECT_EQ(element_form(SetType::kBitmapIp), "IP|IP/CIDR|FROM-TO");
  EXPECT_EQ(element_form(SetType::kHashIpPortNet), "IP,[PROTO:]PORT,IP[/CIDR]");
  EXPECT_EQ(element_form(SetType::kListSet), "NAME [before|after NAME]");
  for (std::size_t number = 0; number < kSetTypes; ++number)
    EXPECT_FALSE(element_form(static_cast<SetType>(number)).empty());
}

}  // namespace
}  // namespace ipsetkv::ipset
