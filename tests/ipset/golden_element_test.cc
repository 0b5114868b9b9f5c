// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>
#include <netinet/in.h>

#include <string>

#include "ipset/batch.h"
#include "ipset/golden.h"

namespace ipsetkv::ipset {
namespace {

Address address(const char* text) { return Address::parse(text).value(); }

void expect_add(const std::string& command, const std::string& hex, const std::string& set,
                const Element& element) {
  expect_golden({command, "00000000 09060502" + kStart + hex,
                 [&](Batch& batch) { batch.add(set, element); }});
}

TEST(GoldenElement, IsAddedAndDeletedWithAndWithoutExist) {
  const std::string element =
      "06000200 73000000 28000780 0c000180 08000140 c0000201 06000440"
      "00500000 05000700 06000000 08000940 00000000";
  const Element web{.ip = address("192.0.2.1"), .port = 80, .protocol = IPPROTO_TCP, .line = 0};
  for (const Golden& golden : {
           Golden{"ipset -exist add s 192.0.2.1,tcp:80", "4c000000 09060500" + kStart + element,
                  [&](Batch& batch) { batch.add("s", web, Existing::kAccept); }},
           Golden{"ipset del s 192.0.2.1,tcp:80", "4c000000 0a060502" + kStart + element,
                  [&](Batch& batch) { batch.del("s", web); }},
           Golden{"ipset -exist del s 192.0.2.1,tcp:80", "4c000000 0a060500" + kStart + element,
                  [&](Batch& batch) { batch.del("s", web, Existing::kAccept); }},
       })
    expect_golden(golden);
}

TEST(GoldenElement, CarriesItsExtensions) {
  expect_add("ipset add s 192.0.2.1,tcp:80 timeout 30 packets 7 bytes 900 comment hello",
             "06000200 73000000 54000780 0c000180 08000140 c0000201 06000440 00500000"
             "08000640 0000001e 05000700 06000000 0c001840 00000000 00000384 0c001940"
             "00000000 00000007 0a001a00 68656c6c 6f000000 08000940 00000000",
             "s",
             {.ip = address("192.0.2.1"),
              .port = 80,
              .protocol = IPPROTO_TCP,
              .line = 0,
              .timeout = 30,
              .packets = 7,
              .bytes = 900,
              .comment = "hello"});
  expect_add("ipset add n 2001:db8::/32 nomatch skbmark 0x11/0xff skbprio 1:2 skbqueue 5",
             "06000200 6e000000 50000780 18000180 14000240 20010db8 00000000 00000000"
             "00000000 05000300 20000000 08000840 00000004 0c001b40 00000011 000000ff"
             "08001c40 00010002 06001d40 00050000 08000940 00000000",
             "n",
             {.ip = address("2001:db8::"),
              .cidr = 32,
              .nomatch = true,
              .line = 0,
              .skbmark = SkbMark{.mark = 0x11, .mask = 0xFF},
              .skbprio = 0x0001'0002,
              .skbqueue = 5});
}

TEST(GoldenElement, CarriesAPortRange) {
  expect_add("ipset add p 110-120",
             "06000200 70000000 1c000780 06000440 006e0000 06000540 00780000 08000940"
             "00000000",
             "p", {.port = 110, .port_to = 120, .line = 0});
}

TEST(GoldenElement, CarriesAMemberOfAList) {
  expect_add("ipset add l s", "06000200 6c000000 14000780 06001200 73000000 08000940 00000000", "l",
             {.set = "s", .line = 0});
  expect_add("ipset add l n before s",
             "06000200 6c000000 24000780 08000840 00000001 06001200 6e000000 06001300"
             "73000000 08000940 00000000",
             "l", {.set = "n", .reference = "s", .before = true, .line = 0});
}

TEST(GoldenElement, CarriesANetworkWithAnInterface) {
  expect_add(
      "ipset add i 10.0.0.0/8,physdev:eth9",
      "06000200 69000000 34000780 0c000180 08000140 0a000000 05000300 08000000"
      "08000840 00000002 09001700 65746839 00000000 08000940 00000000",
      "i", {.ip = address("10.0.0.0"), .cidr = 8, .interface = "eth9", .physdev = true, .line = 0});
}

TEST(GoldenElement, CarriesAnEthernetAddress) {
  expect_add("ipset add m 192.0.2.7,02:00:00:00:00:01",
             "06000200 6d000000 24000780 0c000180 08000140 c0000207 0a001100 02000000"
             "00010000 08000940 00000000",
             "m",
             {.ip = address("192.0.2.7"),
              .mac = MacAddress{std::byte{2}, {}, {}, {}, {}, std::byte{1}},
              .line = 0});
}

TEST(GoldenElement, CarriesTwoAddresses) {
  expect_add("ipset add f 192.0.2.1,udp:53,10.0.0.0/8",
             "06000200 66000000 3c000780 0c000180 08000140 c0000201 06000440 00350000"
             "05000700 11000000 0c001480 08000140 0a000000 05001500 08000000 08000940"
             "00000000",
             "f",
             {.ip = address("192.0.2.1"),
              .port = 53,
              .protocol = IPPROTO_UDP,
              .ip2 = address("10.0.0.0"),
              .cidr2 = 8,
              .line = 0});
  expect_add("ipset add k 192.0.2.1,icmp:8/0,10.0.0.1",
             "06000200 6b000000 34000780 0c000180 08000140 c0000201 06000440 08000000"
             "05000700 01000000 0c001480 08000140 0a000001 08000940 00000000",
             "k",
             {.ip = address("192.0.2.1"),
              .port = 8 << 8,
              .protocol = IPPROTO_ICMP,
              .ip2 = address("10.0.0.1"),
              .line = 0});
  expect_add("ipset add i6 2001:db8::1,udplite:7",
             "07000200 69360000 34000780 18000180 14000240 20010db8 00000000 00000000"
             "00000001 06000440 00070000 05000700 88000000 08000940 00000000",
             "i6",
             {.ip = address("2001:db8::1"), .port = 7, .protocol = IPPROTO_UDPLITE, .line = 0});
}

TEST(GoldenElement, IsSentInAList) {
  // Two `add` lines given to `ipset restore`. It puts the first line's number in front of the list
  // where ours is 0: the kernel wants the attribute only to write the failing element's line into.
  expect_golden(
      {"ipset restore",
       "80000000 09060502" + kStart +
           "06000200 73000000 08000940 00000000 54000880 28000780 0c000180 08000140"
           "c0000201 06000440 00500000 05000700 06000000 08000940 00000001 28000780"
           "0c000180 08000140 c0000202 06000440 00510000 05000700 06000000 08000940"
           "00000002",
       [](Batch& batch) {
         batch.begin_add("s");
         EXPECT_TRUE(batch.append(
             {.ip = address("192.0.2.1"), .port = 80, .protocol = IPPROTO_TCP, .line = 1}));
         EXPECT_TRUE(batch.append(
             {.ip = address("192.0.2.2"), .port = 81, .protocol = IPPROTO_TCP, .line = 2}));
         batch.end_elements();
       }});
}

TEST(GoldenElement, HasItsLineNumberBeforeTheList) {
  // The kernel sends the request back with the line, and our receive buffer may cut it.
  Batch batch(7);
  batch.begin_add("s");
  ASSERT_TRUE(batch.append({.port = 1}));
  batch.end_elements();
  netlink::Attributes attributes(batch.finish(1)->subspan(sizeof(nlmsghdr) + sizeof(nfgenmsg)));
  std::string order;
  while (const auto attribute = attributes.next()) order += std::to_string(attribute->type()) + " ";
  EXPECT_EQ(order, "1 2 9 8 ");
}

}  // namespace
}  // namespace ipsetkv::ipset
