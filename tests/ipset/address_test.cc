// SPDX-License-Identifier: MIT
#include "ipset/address.h"

#include <gtest/gtest.h>

#include <string>

#include "ipset/fixed_text.h"
#include "ipset/protocol.h"
#include "support/corruption.h"
#include "support/hex.h"

namespace ipsetkv::ipset {
namespace {

using tests::Bytes;
using tests::from_hex;
using tests::to_hex;

TEST(Address, IsParsedAndPrinted) {
  struct Case {
    const char* text;
    Family family;
    const char* hex;
  };
  for (const Case& test : {
           Case{"192.0.2.1", Family::kInet, "c0000201"},
           Case{"0.0.0.0", Family::kInet, "00000000"},
           Case{"255.255.255.255", Family::kInet, "ffffffff"},
           Case{"2001:db8::1", Family::kInet6, "20010db8 00000000 00000000 00000001"},
           Case{"::", Family::kInet6, "00000000 00000000 00000000 00000000"},
       }) {
    SCOPED_TRACE(test.text);
    const auto address = Address::parse(test.text);
    ASSERT_TRUE(address);
    EXPECT_EQ(address->family(), test.family);
    EXPECT_EQ(to_hex(address->bytes()), test.hex);
    EXPECT_EQ(address->to_string(), test.text);
  }
}

TEST(Address, RejectsOtherText) {
  for (const std::string& text :
       {std::string(), std::string("192.0.2"), std::string("192.0.2.256"),
        std::string("192.0.2.1 "), std::string("192.0.2.1/24"), std::string(":::"),
        std::string("host"), std::string("192.0.2.1\0x", 11)})
    EXPECT_FALSE(Address::parse(text)) << text;
}

TEST(Address, DiffersByItsFamilyToo) {
  EXPECT_NE(Address::parse("0.0.0.0"), Address::parse("::"));
  EXPECT_EQ(Address::parse("::1"), Address::parse("0:0:0:0:0:0:0:1"));
}

TEST(Address, IsEncodedAsANestedAttribute) {
  for (const char* const text : {"192.0.2.1", "2001:db8::1"}) {
    SCOPED_TRACE(text);
    netlink::Batch batch(64);
    encode_address(batch, 4, *Address::parse(text));
    const Bytes bytes(batch.finish(1).begin(), batch.finish(1).end());
    const auto attribute = netlink::Attributes(bytes).next();
    ASSERT_TRUE(attribute);
    EXPECT_EQ(attribute->type(), 4);
    EXPECT_EQ(decode_address(*attribute), Address::parse(text));
    tests::for_each_beginning(attribute->payload(), [](const Bytes& part) {
      (void)decode_address(netlink::Attribute(4, part));
    });
    tests::for_each_wrong_byte(attribute->payload(), [](const Bytes& wrong) {
      (void)decode_address(netlink::Attribute(4, wrong));
    });
  }
}

TEST(Address, IsRejectedWithAnotherLength) {
  for (const char* const hex :
       {"", "04000140", "07000140 c0000200", "09000140 c0000201 00000000", "08000240 c0000201",
        "14000140 20010db8 00000000 00000000 00000001", "08000340 c0000201", "0c000140 c0000201"}) {
    const Bytes bytes = from_hex(hex);
    EXPECT_FALSE(decode_address(netlink::Attribute(1, bytes))) << hex;
  }
}

TEST(Address, IsFoundAfterUnknownAttributes) {
  const Bytes bytes = from_hex("05000700 01000000 08000140 c0000201");
  EXPECT_EQ(decode_address(netlink::Attribute(1, bytes)), Address::parse("192.0.2.1"));
}

TEST(Address, HasANetworkOfEveryLength) {
  struct Case {
    const char* address;
    std::uint8_t prefix;
    const char* network;
  };
  for (const Case& test : {
           Case{"255.255.255.255", 32, "255.255.255.255"},
           Case{"255.255.255.255", 31, "255.255.255.254"},
           Case{"255.255.255.255", 17, "255.255.128.0"},
           Case{"255.255.255.255", 8, "255.0.0.0"},
           Case{"255.255.255.255", 1, "128.0.0.0"},
           Case{"255.255.255.255", 0, "0.0.0.0"},
           Case{"2001:db8::ffff", 128, "2001:db8::ffff"},
           Case{"2001:db8::ffff", 127, "2001:db8::fffe"},
           Case{"2001:db8::ffff", 30, "2001:db8::"},
           Case{"2001:db8::ffff", 3, "2000::"},
       }) {
    SCOPED_TRACE(std::string(test.address) + "/" + std::to_string(test.prefix));
    const auto address = Address::parse(test.address).value();
    EXPECT_EQ(address.network(test.prefix), Address::parse(test.network));
    EXPECT_EQ(address.bits(), address.family() == Family::kInet ? 32 : 128);
  }
}

TEST(Family, HasTheWordsOfIpset) {
  EXPECT_EQ(family_name(Family::kInet), "inet");
  EXPECT_EQ(family_name(Family::kInet6), "inet6");
  EXPECT_EQ(family_name(Family::kUnspecified), "unspec");
  EXPECT_EQ(family_name(static_cast<Family>(77)), "unspec");
}

TEST(FixedText, HoldsUpToItsLimitAndReportsTruncation) {
  SetName name;
  EXPECT_TRUE(name.empty());
  EXPECT_TRUE(name.assign(std::string(31, 'a')));
  EXPECT_EQ(name.view(), std::string(31, 'a'));
  EXPECT_FALSE(name.assign(std::string(32, 'b')));
  EXPECT_EQ(name.view(), std::string(31, 'b'));
  EXPECT_TRUE(name.assign("short"));
  EXPECT_EQ(name, SetName("short"));
  EXPECT_NE(name, SetName("shor"));
  name.clear();
  EXPECT_EQ(name, SetName());
}

}  // namespace
}  // namespace ipsetkv::ipset
