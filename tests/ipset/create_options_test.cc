// SPDX-License-Identifier: MIT
#include "ipset/create_options.h"

#include <gtest/gtest.h>

#include <random>

#include "ipset/protocol.h"
#include "support/corruption.h"
#include "support/hex.h"

namespace ipsetkv::ipset {
namespace {

using tests::Bytes;
using tests::from_hex;
using tests::to_hex;

constexpr std::uint8_t kNever = TypeRevisions::kNever;

Address address(const char* text) { return Address::parse(text).value(); }

/// The IPSET_ATTR_DATA that the options make.
Bytes encoded(const CreateOptions& options) {
  netlink::Batch batch(1024);
  encode_create_options(batch, options);
  EXPECT_FALSE(batch.overflowed());
  const auto bytes = batch.finish(1);
  return {bytes.begin(), bytes.end()};
}

/// Takes what stands in an IPSET_ATTR_DATA; nothing if it was refused.
std::optional<CreateOptions> decoded(std::span<const std::byte> bytes) {
  CreateOptions options;
  const auto data = netlink::Attributes(bytes).next();
  if (!data) return std::nullopt;
  netlink::Attributes inside(data->payload());
  while (const auto attribute = inside.next())
    if (!decode_create_option(*attribute, options)) return std::nullopt;
  return options;
}

CreateOptions random_options(std::mt19937& random) {
  CreateOptions options;
  const auto chance = [&] { return random() % 2 == 0; };
  const auto number = [&](auto& field) {
    using Number = typename std::remove_reference_t<decltype(field)>::value_type;
    if (chance()) field = static_cast<Number>(random());
  };
  const auto some_address = [&](std::optional<Address>& field) {
    std::array<std::byte, Address::kInet6Bytes> bytes;
    for (std::byte& byte : bytes) byte = static_cast<std::byte>(random());
    if (chance())
      field = chance() ? Address::inet6(bytes) : Address::inet(std::span(bytes).first<4>());
  };
  for (bool* flag : {&options.counters, &options.comment, &options.skbinfo, &options.forceadd})
    *flag = chance();
  number(options.timeout), number(options.hashsize), number(options.maxelem);
  number(options.bucketsize), number(options.initval), number(options.netmask);
  number(options.markmask), number(options.range_cidr), number(options.port_from);
  number(options.port_to), number(options.size);
  some_address(options.bitmask), some_address(options.range_from), some_address(options.range_to);
  return options;
}

TEST(LowestRevision, IsTheFirstThatSupportsAllOptions) {
  struct Case {
    const char* name;
    SetType type;
    CreateOptions options;
    std::uint8_t revision;
  };
  const CreateOptions everything{.timeout = 1, .counters = true, .comment = true, .skbinfo = true};
  for (const Case& test : {
           Case{"nothing", SetType::kHashIpPort, {}, 0},
           Case{"a timeout", SetType::kHashIpPort, {.timeout = 0}, 0},
           Case{"sizes", SetType::kHashIp, {.hashsize = 64, .maxelem = 9}, 0},
           Case{"counters", SetType::kHashIpPort, {.counters = true}, 2},
           Case{"comment", SetType::kHashIpPort, {.comment = true}, 3},
           Case{"both", SetType::kHashIpPort, {.counters = true, .comment = true}, 3},
           Case{"forceadd", SetType::kHashIpPort, {.forceadd = true}, 4},
           Case{"skbinfo", SetType::kHashIpPort, {.skbinfo = true}, 5},
           Case{"bucketsize", SetType::kHashIpPort, {.bucketsize = 4}, 6},
           Case{"initval", SetType::kHashIpPort, {.initval = 1}, 6},
           Case{"bitmask", SetType::kHashIpPort, {.bitmask = address("255.0.255.0")}, 7},
           Case{"netmask, late", SetType::kHashIpPort, {.netmask = 24}, 7},
           Case{"netmask, late", SetType::kHashNetNet, {.netmask = 24}, 4},
           Case{"netmask, early", SetType::kHashIp, {.netmask = 24}, 0},
           Case{"netmask, early", SetType::kBitmapIp, {.netmask = 24}, 0},
           Case{"netmask, never", SetType::kHashNet, {.netmask = 24}, kNever},
           Case{"bitmask", SetType::kHashIp, {.bitmask = address("255.0.255.0")}, 6},
           Case{"bitmask, never", SetType::kHashNet, {.bitmask = address("255.0.0.0")}, kNever},
           Case{"forceadd, never", SetType::kBitmapPort, {.forceadd = true}, kNever},
           Case{"bucketsize, never", SetType::kListSet, {.bucketsize = 4}, kNever},
           Case{"all", SetType::kBitmapIp, everything, 3},
           Case{"all", SetType::kBitmapIpMac, everything, 3},
           Case{"all", SetType::kBitmapPort, everything, 3},
           Case{"all", SetType::kHashIp, everything, 4},
           Case{"all", SetType::kHashIpMac, everything, 0},
           Case{"all", SetType::kHashIpMark, everything, 2},
           Case{"all", SetType::kHashIpPortIp, everything, 5},
           Case{"all", SetType::kHashIpPortNet, everything, 7},
           Case{"all", SetType::kHashMac, everything, 0},
           Case{"all", SetType::kHashNet, everything, 6},
           Case{"all", SetType::kHashNetIface, everything, 6},
           Case{"all", SetType::kHashNetNet, everything, 2},
           Case{"all", SetType::kHashNetPort, everything, 7},
           Case{"all", SetType::kHashNetPortNet, everything, 2},
           Case{"all", SetType::kListSet, everything, 3},
           Case{"bucketsize", SetType::kHashNetIface, {.bucketsize = 4}, 8},
           Case{"bucketsize", SetType::kHashIpMac, {.bucketsize = 4}, 1},
       }) {
    SCOPED_TRACE(testing::Message() << test.name << " of " << type_name(test.type));
    EXPECT_EQ(lowest_revision(test.type, test.options), test.revision);
  }
}

TEST(CreateOptions, AreAnEmptyNestWithoutAnyOption) { EXPECT_EQ(to_hex(encoded({})), "04000780"); }

TEST(CreateOptions, UseTheKernelsAttributeNumbers) {
  struct Case {
    const char* name;
    CreateOptions options;
    const char* hex;
  };
  for (const Case& test : {
           Case{"timeout", {.timeout = 5}, "08000640 00000005"},
           Case{"timeout 0", {.timeout = 0}, "08000640 00000000"},
           Case{"counters", {.counters = true}, "08000840 00000008"},
           Case{"comment", {.comment = true}, "08000840 00000010"},
           Case{"forceadd", {.forceadd = true}, "08000840 00000020"},
           Case{"skbinfo", {.skbinfo = true}, "08000840 00000040"},
           Case{"hashsize", {.hashsize = 64}, "08001240 00000040"},
           Case{"maxelem", {.maxelem = 65536}, "08001340 00010000"},
           Case{"bucketsize", {.bucketsize = 12}, "05001500 0c000000"},
           Case{"initval", {.initval = 0x01020304}, "08001140 01020304"},
           Case{"netmask", {.netmask = 24}, "05001400 18000000"},
           Case{"bitmask", {.bitmask = address("255.0.255.0")}, "0c000c80 08000140 ff00ff00"},
           Case{"markmask", {.markmask = 255}, "08000b40 000000ff"},
           Case{"from", {.range_from = address("10.0.0.1")}, "0c000180 08000140 0a000001"},
           Case{"to", {.range_to = address("10.0.0.9")}, "0c000280 08000140 0a000009"},
           Case{"cidr", {.range_cidr = 24}, "05000300 18000000"},
           Case{"first port", {.port_from = 80}, "06000440 00500000"},
           Case{"last port", {.port_to = 81}, "06000540 00510000"},
           Case{"size", {.size = 8}, "08001740 00000008"},
       }) {
    SCOPED_TRACE(test.name);
    const Bytes bytes = encoded(test.options);
    EXPECT_EQ(to_hex(std::span(bytes).subspan(4)), test.hex);
    EXPECT_EQ(decoded(bytes), test.options);
  }
}

TEST(CreateOptions, RoundTrip) {
  const std::uint32_t seed = tests::test_seed();
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  for (int round = 0; round < 2000; ++round) {
    const CreateOptions options = random_options(random);
    ASSERT_EQ(decoded(encoded(options)), options) << "round " << round;
  }
}

TEST(CreateOptions, ReadMarkmaskInTheMachinesByteOrder) {
  // The kernel sends it unflagged: net/netfilter/ipset/ip_set_hash_gen.h, mtype_head.
  const std::uint32_t mask = 0x0102'0304;
  const auto bytes = std::as_bytes(std::span(&mask, 1));
  CreateOptions options;
  EXPECT_TRUE(decode_create_option(netlink::Attribute(IPSET_ATTR_MARKMASK, bytes), options));
  EXPECT_EQ(options.markmask, mask);
}

TEST(CreateOptions, SkipUnknownAttributes) {
  for (const std::uint16_t type : {IPSET_ATTR_ELEMENTS, IPSET_ATTR_MEMSIZE, IPSET_ATTR_RESIZE}) {
    CreateOptions options;
    EXPECT_TRUE(decode_create_option(netlink::Attribute(type, Bytes(3)), options));
    EXPECT_EQ(options, CreateOptions{});
  }
  CreateOptions options;
  EXPECT_TRUE(decode_create_option(netlink::Attribute(0x3FFF, {}), options));
  EXPECT_EQ(options, CreateOptions{});
}

TEST(CreateOptions, RejectAWrongLength) {
  struct Case {
    std::uint16_t type;
    std::size_t good;
  };
  for (const Case& test : {
           Case{IPSET_ATTR_CIDR, 1},
           Case{IPSET_ATTR_PORT_FROM, 2},
           Case{IPSET_ATTR_PORT_TO, 2},
           Case{IPSET_ATTR_HASHSIZE, 4},
           Case{IPSET_ATTR_MAXELEM, 4},
           Case{IPSET_ATTR_BUCKETSIZE, 1},
           Case{IPSET_ATTR_INITVAL, 4},
           Case{IPSET_ATTR_NETMASK, 1},
           Case{IPSET_ATTR_MARKMASK, 4},
           Case{IPSET_ATTR_SIZE, 4},
           Case{IPSET_ATTR_TIMEOUT, 4},
           Case{IPSET_ATTR_CADT_FLAGS, 4},
       }) {
    SCOPED_TRACE(test.type);
    for (std::size_t length = 0; length <= 9; ++length) {
      CreateOptions options;
      const Bytes bytes(length);
      EXPECT_EQ(decode_create_option(netlink::Attribute(test.type, bytes), options),
                length == test.good)
          << length;
    }
  }
  const Bytes short_address = from_hex("07000140 c0000200");
  for (const std::uint16_t type :
       {std::uint16_t{IPSET_ATTR_IP_FROM}, std::uint16_t{IPSET_ATTR_IP_TO}, kAttributeBitmask}) {
    CreateOptions options;
    EXPECT_FALSE(decode_create_option(netlink::Attribute(type, short_address), options)) << type;
  }
}

TEST(CreateOptions, AreDecodedSafelyFromAnyBytes) {
  const std::uint32_t seed = tests::test_seed();
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  const Bytes bytes = encoded(random_options(random));
  tests::for_each_beginning(bytes, [](const Bytes& part) { (void)decoded(part); });
  tests::for_each_wrong_byte(bytes, [](const Bytes& wrong) { (void)decoded(wrong); });
  tests::for_each_random_string(seed, 20'000, 64, [](const Bytes& any) { (void)decoded(any); });
}

}  // namespace
}  // namespace ipsetkv::ipset
