// SPDX-License-Identifier: MIT
#include "ipset/element.h"

#include <gtest/gtest.h>
#include <netinet/in.h>

#include <random>
#include <string>

#include "ipset/element_view.h"
#include "support/corruption.h"
#include "support/hex.h"

namespace ipsetkv::ipset {
namespace {

using tests::Bytes;
using tests::from_hex;
using tests::to_hex;

Address address(const char* text) { return Address::parse(text).value(); }

/// What stands inside the element's IPSET_ATTR_DATA.
Bytes encoded(const Element& element) {
  netlink::Batch batch(2048);
  encode_element(batch, element);
  EXPECT_FALSE(batch.overflowed());
  const Bytes all(batch.finish(1).begin(), batch.finish(1).end());
  const auto data = netlink::Attributes(all).next();
  EXPECT_TRUE(data && data->type() == IPSET_ATTR_DATA && data->payload().size() + 4 == all.size());
  return {data->payload().begin(), data->payload().end()};
}

/// What decoding returns if no attribute is malformed.
constexpr std::uint16_t kAllWell = IPSET_ATTR_UNSPEC;

std::uint16_t decode(std::span<const std::byte> bytes, Element& element) {
  return decode_element(bytes, element);
}

std::string random_text(std::mt19937& random, std::size_t limit) {
  std::string text(random() % limit + 1, ' ');
  for (char& byte : text) byte = static_cast<char>(random() % 255 + 1);
  return text;
}

/// Some fields with random values; those of one element of no particular type.
Element random_element(std::mt19937& random) {
  Element element;
  const auto chance = [&] { return random() % 2 == 0; };
  const auto number = [&](auto& field) {
    using Number = typename std::remove_reference_t<decltype(field)>::value_type;
    if (chance()) field = static_cast<Number>(std::uint64_t{random()} << 32 | random());
  };
  const auto some_address = [&](std::optional<Address>& field) {
    std::array<std::byte, Address::kInet6Bytes> bytes;
    for (std::byte& byte : bytes) byte = static_cast<std::byte>(random());
    if (chance())
      field = chance() ? Address::inet6(bytes) : Address::inet(std::span(bytes).first<4>());
  };
  const auto text = [&](auto& field) {
    if (chance()) field.assign(random_text(random, field.kLimit));
  };
  some_address(element.ip), some_address(element.ip_to);
  some_address(element.ip2), some_address(element.ip2_to);
  number(element.cidr), number(element.port), number(element.port_to), number(element.protocol);
  number(element.mark), number(element.cidr2), number(element.timeout), number(element.packets);
  number(element.bytes), number(element.skbprio), number(element.skbqueue);
  text(element.interface), text(element.set), text(element.reference), text(element.comment);
  for (bool* flag : {&element.physdev, &element.wildcard, &element.before, &element.nomatch})
    *flag = chance();
  if (chance()) element.mac = MacAddress{static_cast<std::byte>(random()), {}, {}, {}, {}, {}};
  if (chance())
    element.skbmark = SkbMark{.mark = static_cast<std::uint32_t>(random()),
                              .mask = static_cast<std::uint32_t>(random())};
  return element;
}

TEST(Element, UsesTheKernelsAttributeNumbers) {
  struct Case {
    const char* name;
    Element element;
    const char* hex;
  };
  const MacAddress mac{std::byte{1}, std::byte{2}, std::byte{3},
                       std::byte{4}, std::byte{5}, std::byte{6}};
  for (const Case& test : {
           Case{"nothing", {}, ""},
           Case{"ip", {.ip = address("192.0.2.1")}, "0c000180 08000140 c0000201"},
           Case{"ip6",
                {.ip = address("::1")},
                "18000180 14000240 00000000 00000000 00000000 00000001"},
           Case{"ip_to", {.ip_to = address("192.0.2.9")}, "0c000280 08000140 c0000209"},
           Case{"cidr", {.cidr = 24}, "05000300 18000000"},
           Case{"port", {.port = 80}, "06000440 00500000"},
           Case{"port_to", {.port_to = 81}, "06000540 00510000"},
           Case{"protocol", {.protocol = IPPROTO_UDP}, "05000700 11000000"},
           Case{"mark", {.mark = 0x01020304}, "08000a40 01020304"},
           Case{"mac", {.mac = mac}, "0a001100 01020304 05060000"},
           Case{"ip2", {.ip2 = address("10.0.0.1")}, "0c001480 08000140 0a000001"},
           Case{"ip2_to", {.ip2_to = address("10.0.0.2")}, "0c001680 08000140 0a000002"},
           Case{"cidr2", {.cidr2 = 8}, "05001500 08000000"},
           Case{"interface", {.interface = "eth0"}, "09001700 65746830 00000000"},
           Case{"physdev", {.physdev = true}, "08000840 00000002"},
           Case{"wildcard", {.wildcard = true}, "08000840 00000080"},
           Case{"set", {.set = "abc"}, "08001200 61626300"},
           Case{"reference", {.reference = "abc"}, "08001300 61626300"},
           Case{"before", {.before = true}, "08000840 00000001"},
           Case{"nomatch", {.nomatch = true}, "08000840 00000004"},
           Case{"all flags",
                {.physdev = true, .wildcard = true, .before = true, .nomatch = true},
                "08000840 00000087"},
           Case{"timeout", {.timeout = 7}, "08000640 00000007"},
           Case{"packets", {.packets = 1}, "0c001940 00000000 00000001"},
           Case{"bytes", {.bytes = 0x0102030405060708}, "0c001840 01020304 05060708"},
           Case{"comment", {.comment = "a b"}, "08001a00 61206200"},
           Case{"skbmark", {.skbmark = SkbMark{0x11, 0xFF}}, "0c001b40 00000011 000000ff"},
           Case{"skbprio", {.skbprio = 0x00010002}, "08001c40 00010002"},
           Case{"skbqueue", {.skbqueue = 5}, "06001d40 00050000"},
       }) {
    SCOPED_TRACE(test.name);
    const Bytes bytes = encoded(test.element);
    EXPECT_EQ(to_hex(bytes), test.hex);
    Element back;
    EXPECT_EQ(decode(bytes, back), kAllWell);
    EXPECT_EQ(back, test.element);
  }
}

TEST(Element, RoundTrips) {
  const std::uint32_t seed = tests::test_seed();
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  Element back;
  for (int round = 0; round < 5000; ++round) {
    const Element element = random_element(random);
    ASSERT_EQ(decode(encoded(element), back), kAllWell) << "round " << round;
    ASSERT_EQ(back, element) << "round " << round << ": nothing is left of the one before";
  }
}

void expect_same(const ElementView& view, const ElementView& other) {
  EXPECT_TRUE(std::equal(view.ip.begin(), view.ip.end(), other.ip.begin(), other.ip.end()));
  EXPECT_EQ(view.comment, other.comment);
  EXPECT_EQ(view.port, other.port);
  EXPECT_EQ(view.protocol, other.protocol);
  EXPECT_EQ(view.packets, other.packets);
  EXPECT_EQ(view.bytes, other.bytes);
}

TEST(Element, HasAViewWithTheSameFields) {
  const std::uint32_t seed = tests::test_seed();
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  ElementView view;
  for (int round = 0; round < 5000; ++round) {
    SCOPED_TRACE(round);
    const Element element = random_element(random);
    const Bytes bytes = encoded(element);
    ASSERT_EQ(decode_element_view(bytes, view), kAllWell);
    expect_same(view, element);
    EXPECT_TRUE(tests::lies_within(std::as_bytes(std::span(view.comment)), bytes));
  }
}

/// Wherever a wrong byte leaves an element, its view is the same.
void expect_views_despite_wrong_bytes(const Bytes& bytes) {
  int good = 0;
  tests::for_each_wrong_byte(bytes, [&](const Bytes& wrong) {
    ElementView view;
    Element whole;
    if (decode(wrong, whole) != kAllWell) return;
    ++good;
    ASSERT_EQ(decode_element_view(wrong, view), kAllWell);
    expect_same(view, whole);
  });
  EXPECT_GT(good, 1000);
}

TEST(Element, HasAViewWithTheSameFieldsForWrongBytes) {
  expect_views_despite_wrong_bytes(encoded({.ip = address("192.0.2.1"),
                                            .port = 80,
                                            .protocol = IPPROTO_TCP,
                                            .packets = 1,
                                            .bytes = 2,
                                            .comment = "a comment"}));
}

TEST(Element, HasAViewOfWhatTheKernelLists) {
  // As a set of hash:ip,port shows it: other flags than in a request, always in this order.
  const Bytes listed = from_hex(
      "0c000180 08000100 c0000201 06000440 00500000 05000700 06000000"
      " 0c001840 00000000 00000002 0c001940 00000000 00000001 0e001a00 6120636f 6d6d656e 74000000");
  Element whole;
  ASSERT_EQ(decode(listed, whole), kAllWell);
  EXPECT_EQ(whole.ip, address("192.0.2.1"));
  EXPECT_EQ(whole.port, 80);
  EXPECT_EQ(whole.protocol, IPPROTO_TCP);
  EXPECT_EQ(whole.bytes, 2U);
  EXPECT_EQ(whole.packets, 1U);
  EXPECT_EQ(whole.comment.view(), "a comment");
  ElementView view;
  ASSERT_EQ(decode_element_view(listed, view), kAllWell);
  expect_same(view, whole);
  expect_views_despite_wrong_bytes(listed);
}

TEST(Element, SendsItsLineNumberButDoesNotReadIt) {
  const Bytes bytes = encoded({.line = 7});
  EXPECT_EQ(to_hex(bytes), "08000940 00000007");
  Element back;
  EXPECT_EQ(decode(bytes, back), kAllWell);
  EXPECT_EQ(back, Element{});
}

TEST(Element, SkipsUnknownAttributes) {
  Element element;
  const Bytes bytes =
      from_hex("04001e00 06000440 00500000 0800ff3f 01020304 06002000 01020000 05000300 08000000");
  EXPECT_EQ(decode(bytes, element), kAllWell);
  EXPECT_EQ(element, (Element{.cidr = 8, .port = 80}));
}

TEST(Element, NamesTheAttributeWhoseLengthIsWrong) {
  struct Case {
    std::uint16_t type;
    std::size_t good;
  };
  for (const Case& test : {
           Case{IPSET_ATTR_CIDR, 1},
           Case{IPSET_ATTR_PORT, 2},
           Case{IPSET_ATTR_PORT_TO, 2},
           Case{IPSET_ATTR_PROTO, 1},
           Case{IPSET_ATTR_MARK, 4},
           Case{IPSET_ATTR_ETHER, 6},
           Case{IPSET_ATTR_CIDR2, 1},
           Case{IPSET_ATTR_CADT_FLAGS, 4},
           Case{IPSET_ATTR_TIMEOUT, 4},
           Case{IPSET_ATTR_PACKETS, 8},
           Case{IPSET_ATTR_BYTES, 8},
           Case{IPSET_ATTR_SKBMARK, 8},
           Case{IPSET_ATTR_SKBPRIO, 4},
           Case{IPSET_ATTR_SKBQUEUE, 2},
       }) {
    SCOPED_TRACE(test.type);
    for (std::size_t length = 0; length <= 9; ++length) {
      netlink::Batch batch(64);
      batch.put(test.type, Bytes(length));
      Element element;
      const auto bad = decode(batch.finish(1), element);
      EXPECT_EQ(bad, length == test.good ? kAllWell : test.type) << length;
    }
  }
}

TEST(Element, NamesTheAttributeThatIsNoAddress) {
  for (const int number :
       {int{IPSET_ATTR_IP}, int{IPSET_ATTR_IP_TO}, int{IPSET_ATTR_IP2}, int{IPSET_ATTR_IP2_TO}}) {
    const auto type = static_cast<std::uint16_t>(number);
    netlink::Batch batch(64);
    batch.put(type, from_hex("07000140 c0000200"));
    Element element;
    EXPECT_EQ(decode(batch.finish(1), element), type);
  }
}

TEST(Element, NamesTheTextThatIsTooLong) {
  struct Case {
    std::uint16_t type;
    std::size_t limit;
  };
  for (const Case& test : {Case{IPSET_ATTR_IFACE, 15}, Case{IPSET_ATTR_NAME, 31},
                           Case{IPSET_ATTR_NAMEREF, 31}, Case{IPSET_ATTR_COMMENT, 255}}) {
    SCOPED_TRACE(test.type);
    for (const std::size_t length : {test.limit, test.limit + 1}) {
      netlink::Batch batch(512);
      batch.put_text(test.type, std::string(length, 'x'));
      Element element;
      const auto bad = decode(batch.finish(1), element);
      EXPECT_EQ(bad, length > test.limit ? test.type : kAllWell);
    }
  }
}

TEST(Element, NamesItsNestIfALengthInItIsWrong) {
  Element element;
  EXPECT_EQ(decode(from_hex("05000300 08000000 09000440 00500000"), element), IPSET_ATTR_DATA);
}

TEST(Element, IsDecodedSafelyFromAnyBytes) {
  const std::uint32_t seed = tests::test_seed();
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  Element element;
  const Bytes bytes = encoded(random_element(random));
  tests::for_each_beginning(bytes, [&](const Bytes& part) { (void)decode(part, element); });
  tests::for_each_wrong_byte(bytes, [&](const Bytes& wrong) { (void)decode(wrong, element); });
  tests::for_each_random_string(seed, 20'000, 64,
                                [&](const Bytes& any) { (void)decode(any, element); });
}

}  // namespace
}  // namespace ipsetkv::ipset
