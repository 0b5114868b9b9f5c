// SPDX-License-Identifier: MIT
#include "netlink/attributes.h"

#include <gtest/gtest.h>

#include <string>

#include "support/corruption.h"
#include "support/hex.h"

namespace ipsetkv::netlink {
namespace {

using tests::Bytes;
using tests::from_hex;
using tests::to_hex;

// The bytes shown here are those of a little-endian machine. Numbers of each size, a text, and a
// nest with two attributes of which the last lacks its padding, as the last of a message may.
constexpr std::string_view kRun =
    "05000100 07000000 06000240 01020000 08000340 01020304 0c000440 01020304 05060708"
    "08000500 61626300 12000780 05000100 09000000 06000200 7a00";

/// Walks a run and what is nested in it, reading whatever there is to read.
std::size_t walk(std::span<const std::byte> bytes, int depth = 0) {
  std::size_t count = 0;
  if (testing::Test::HasFailure()) return count;  // The first failure says it all.
  Attributes attributes(bytes);
  while (const auto attribute = attributes.next()) {
    ++count;
    EXPECT_TRUE(tests::lies_within(attribute->payload(), bytes));
    EXPECT_LE(attribute->text().size(), attribute->payload().size());
    (void)to_hex(attribute->payload());
    (void)attribute->number<std::uint8_t>();
    (void)attribute->number<std::uint16_t>();
    (void)attribute->number<std::uint32_t>();
    (void)attribute->number<std::uint64_t>();
    if (depth < 4) count += walk(attribute->payload(), depth + 1);
  }
  EXPECT_FALSE(attributes.next()) << "the end stays the end";
  return count;
}

TEST(Attributes, IterateOverARunAndItsNestedAttributes) {
  const Bytes bytes = from_hex(kRun);
  Attributes attributes(bytes);
  for (const int type : {1, 2, 3, 4, 5, 7}) {
    const auto attribute = attributes.next();
    ASSERT_TRUE(attribute) << type;
    EXPECT_EQ(attribute->type(), type) << "without the flags for nesting and order";
    if (type != 7) continue;
    Attributes inside(attribute->payload());
    EXPECT_EQ(inside.next()->number<std::uint8_t>(), std::uint8_t{9});
    EXPECT_EQ(inside.next()->text(), "z");
    EXPECT_FALSE(inside.next());
    EXPECT_FALSE(inside.malformed());
  }
  EXPECT_FALSE(attributes.next());
  EXPECT_FALSE(attributes.malformed());
}

TEST(Attributes, AreNoneInAnEmptyBuffer) {
  Attributes none;
  EXPECT_FALSE(none.next());
  EXPECT_FALSE(none.malformed());
}

TEST(Attributes, EndAtAWrongLength) {
  struct Case {
    const char* name;
    const char* hex;
    std::size_t good;  ///< Attributes in front of the one that lies.
  };
  for (const Case& test : {
           Case{"shorter than its header", "03000100 00000000", 0},
           Case{"zero", "00000100 00000000", 0},
           Case{"longer than the run", "09000100 00000000", 0},
           Case{"the longest", "ffff0100 00000000", 0},
           Case{"after a good one", "05000100 07000000 0d000200 00000000", 1},
           Case{"half a header behind a good one", "05000100 07000000 0400", 1},
           Case{"half a header", "040001", 0},
       }) {
    SCOPED_TRACE(test.name);
    const Bytes bytes = from_hex(test.hex);
    Attributes attributes(bytes);
    std::size_t good = 0;
    while (attributes.next()) ++good;
    EXPECT_EQ(good, test.good);
    EXPECT_TRUE(attributes.malformed());
    EXPECT_FALSE(attributes.next());
    EXPECT_TRUE(attributes.malformed()) << "it is remembered";
  }
}

TEST(Attributes, NeverReadBeyondARunCutAnywhere) {
  const Bytes bytes = from_hex(kRun);
  std::size_t most = 0;
  tests::for_each_beginning(bytes, [&](const Bytes& part) { most = std::max(most, walk(part)); });
  EXPECT_EQ(most, 8U);
}

TEST(Attributes, NeverReadBeyondARunWithOneWrongByte) {
  tests::for_each_wrong_byte(from_hex(kRun), [](const Bytes& wrong) { walk(wrong); });
}

TEST(Attributes, NeverReadBeyondRandomBytes) {
  const std::uint32_t seed = tests::test_seed();
  SCOPED_TRACE(seed);
  std::size_t found = 0;
  tests::for_each_random_string(seed, 20'000, 64,
                                [&](const Bytes& bytes) { found += walk(bytes); });
  EXPECT_GT(found, 100U) << "random strings that hold no attributes test nothing";
}

TEST(Attribute, ReadsNumbersInTheByteOrderOfItsFlag) {
  const Bytes bytes = from_hex("01020304");
  const Attribute network(NLA_F_NET_BYTEORDER | 3, bytes);
  const Attribute machine(3, bytes);
  std::uint32_t native = 0;
  std::memcpy(&native, bytes.data(), sizeof native);
  EXPECT_EQ(network.number<std::uint32_t>(), 0x0102'0304U);
  EXPECT_EQ(machine.number<std::uint32_t>(), native);
  EXPECT_EQ(Attribute(NLA_F_NET_BYTEORDER, from_hex("07")).number<std::uint8_t>(), 7);
  EXPECT_EQ(Attribute(NLA_F_NET_BYTEORDER, Bytes(bytes.begin(), bytes.begin() + 2)).type(), 0);
  const Bytes two = from_hex("0102");
  EXPECT_EQ(Attribute(NLA_F_NET_BYTEORDER | 1, two).number<std::uint16_t>(), 0x0102);
  const Bytes eight = from_hex("0102030405060708");
  EXPECT_EQ(Attribute(NLA_F_NET_BYTEORDER | 1, eight).number<std::uint64_t>(),
            0x0102'0304'0506'0708U);
}

TEST(Attribute, RejectsANumberOfAnotherSize) {
  for (std::size_t size = 0; size <= 9; ++size) {
    SCOPED_TRACE(size);
    const Bytes bytes(size);
    const Attribute attribute(NLA_F_NET_BYTEORDER | 1, bytes);
    EXPECT_EQ(attribute.number<std::uint8_t>().has_value(), size == 1);
    EXPECT_EQ(attribute.number<std::uint16_t>().has_value(), size == 2);
    EXPECT_EQ(attribute.number<std::uint32_t>().has_value(), size == 4);
    EXPECT_EQ(attribute.number<std::uint64_t>().has_value(), size == 8);
  }
}

TEST(Attribute, EndsTextAtItsNulOrAtItsEnd) {
  struct Case {
    const char* hex;
    const char* text;
  };
  for (const Case& test : {Case{"", ""}, Case{"00", ""}, Case{"616200", "ab"}, Case{"6162", "ab"},
                           Case{"61006200", "a"}}) {
    SCOPED_TRACE(test.hex);
    const Bytes bytes = from_hex(test.hex);
    EXPECT_EQ(Attribute(1, bytes).text(), test.text);
  }
}

TEST(Attribute, ReturnsItsTypeWithoutTheFlags) {
  EXPECT_EQ(Attribute(NLA_F_NESTED | 7, {}).type(), 7);
  EXPECT_EQ(Attribute(NLA_F_NET_BYTEORDER | 7, {}).type(), 7);
  EXPECT_EQ(Attribute(0x3FFF, {}).type(), 0x3FFF);
}

TEST(BigEndian, ReversesTheBytes) {
  EXPECT_EQ(big_endian(std::uint8_t{0x12}), 0x12);
  EXPECT_EQ(big_endian(std::uint16_t{0x1234}), 0x3412);
  EXPECT_EQ(big_endian(std::uint32_t{0x1234'5678}), 0x7856'3412U);
  EXPECT_EQ(big_endian(std::uint64_t{0x0102'0304'0506'0708}), 0x0807'0605'0403'0201U);
}

}  // namespace
}  // namespace ipsetkv::netlink
