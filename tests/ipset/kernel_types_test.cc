// SPDX-License-Identifier: MIT
// Every set type of the kernel: what is created and added is what is listed.

#include <gmock/gmock.h>
#include <netinet/in.h>

#include <algorithm>
#include <string>
#include <vector>

#include "ipset/kernel_fixture.h"

namespace ipsetkv::ipset {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

Address address(const char* text) { return Address::parse(text).value(); }

MacAddress mac(int last) { return {std::byte{2}, {}, {}, {}, {}, static_cast<std::byte>(last)}; }

/// The options that the kernel lists of every hash set, and all extensions.
CreateOptions hash_options() {
  return {.timeout = 600,
          .counters = true,
          .comment = true,
          .skbinfo = true,
          .forceadd = true,
          .hashsize = 128,
          .maxelem = 1000,
          .bucketsize = 8,
          .initval = 0x1234'abcd};
}

CreateOptions extended(CreateOptions options) {
  options.timeout = 600;
  options.counters = true;
  options.comment = true;
  options.skbinfo = true;
  return options;
}

/// The element with every extension. It lives for ever, so that no second passes.
Element extended(Element element) {
  element.timeout = 0;
  element.packets = 7;
  element.bytes = 0x1'0000'0001;
  element.comment = "a b";
  element.skbmark = SkbMark{.mark = 0x11, .mask = 0xFF};
  element.skbprio = 0x0001'0002;
  element.skbqueue = 5;
  return element;
}

struct TypeCase {
  SetType type;
  Family family;
  CreateOptions options;
  Element element;          ///< As it is added, without extensions.
  Element other;            ///< Of the same kind, and not in the set.
  std::uint8_t needed = 0;  ///< The revision that the element asks for.
};

std::vector<TypeCase> type_cases() {
  const Family inet = Family::kInet;
  const Family inet6 = Family::kInet6;
  const CreateOptions hash = hash_options();
  std::vector<TypeCase> cases{
      {SetType::kBitmapIp,
       inet,
       extended(
           CreateOptions{.range_from = address("10.0.0.0"), .range_to = address("10.0.255.255")}),
       {.ip = address("10.0.1.2")},
       {.ip = address("10.0.1.3")}},
      {SetType::kBitmapIpMac,
       inet,
       extended(
           CreateOptions{.range_from = address("10.0.0.0"), .range_to = address("10.0.0.255")}),
       {.ip = address("10.0.0.2"), .mac = mac(1)},
       {.ip = address("10.0.0.3"), .mac = mac(1)}},
      {SetType::kBitmapPort,
       Family::kUnspecified,
       extended(CreateOptions{.port_from = 100, .port_to = 200}),
       {.port = 101},
       {.port = 102}},
      {SetType::kHashMac, Family::kUnspecified, hash, {.mac = mac(1)}, {.mac = mac(2)}},
      {SetType::kListSet,
       Family::kUnspecified,
       extended(CreateOptions{.size = 4}),
       {.set = "member"},
       {.set = "other"}},
  };
  for (const Family family : {inet, inet6}) {
    const bool old = family == inet;
    const Address one = address(old ? "192.0.2.1" : "2001:db8::1");
    const Address two = address(old ? "198.51.100.2" : "2001:db8:1::2");
    const Address net = address(old ? "203.0.113.0" : "2001:db8:2::");
    const Address far = address(old ? "10.0.0.0" : "fd00::");
    const auto cidr = static_cast<std::uint8_t>(old ? 24 : 64);
    const auto cidr2 = static_cast<std::uint8_t>(old ? 8 : 16);
    const auto add = [&](SetType type, const Element& element, const Element& other,
                         std::uint8_t needed = 0) {
      cases.push_back({type, family, hash, element, other, needed});
    };
    add(SetType::kHashIp, {.ip = one}, {.ip = two});
    add(SetType::kHashIpMac, {.ip = one, .mac = mac(1)}, {.ip = one, .mac = mac(2)});
    add(SetType::kHashIpMark, {.ip = one, .mark = 0x1020'3040}, {.ip = one, .mark = 0x10});
    // The kernel lists the mask of every such set.
    cases.back().options.markmask = 0xFFFF'FFF0;
    add(SetType::kHashIpPort, {.ip = one, .port = 80, .protocol = IPPROTO_UDP},
        {.ip = one, .port = 80, .protocol = IPPROTO_TCP});
    add(SetType::kHashIpPortIp, {.ip = one, .port = 80, .protocol = IPPROTO_TCP, .ip2 = two},
        {.ip = two, .port = 80, .protocol = IPPROTO_TCP, .ip2 = one});
    add(SetType::kHashIpPortNet,
        {.ip = one,
         .port = 80,
         .protocol = IPPROTO_TCP,
         .ip2 = net,
         .cidr2 = cidr,
         .nomatch = true},
        {.ip = two, .port = 80, .protocol = IPPROTO_TCP, .ip2 = net, .cidr2 = cidr});
    add(SetType::kHashNet, {.ip = net, .cidr = cidr, .nomatch = true}, {.ip = far, .cidr = cidr2});
    add(SetType::kHashNetIface,
        {.ip = net, .cidr = cidr, .interface = "eth9", .physdev = true, .nomatch = true},
        {.ip = net, .cidr = cidr, .interface = "eth8"});
    add(SetType::kHashNetIface, {.ip = net, .cidr = cidr, .interface = "et", .wildcard = true},
        {.ip = far, .cidr = cidr2, .interface = "et", .wildcard = true}, 7);
    add(SetType::kHashNetNet,
        {.ip = net, .cidr = cidr, .ip2 = far, .cidr2 = cidr2, .nomatch = true},
        {.ip = far, .cidr = cidr2, .ip2 = far, .cidr2 = cidr2});
    add(SetType::kHashNetPort,
        {.ip = net, .cidr = cidr, .port = 80, .protocol = IPPROTO_TCP, .nomatch = true},
        {.ip = net, .cidr = cidr, .port = 81, .protocol = IPPROTO_TCP});
    add(SetType::kHashNetPortNet,
        {.ip = net,
         .cidr = cidr,
         .port = 80,
         .protocol = IPPROTO_TCP,
         .ip2 = far,
         .cidr2 = cidr2,
         .nomatch = true},
        {.ip = far,
         .cidr = cidr2,
         .port = 80,
         .protocol = IPPROTO_TCP,
         .ip2 = far,
         .cidr2 = cidr2});
  }
  return cases;
}

class KernelTypes : public KernelIpsetTest {
 protected:
  /// The revision to create a set with. Nothing if the kernel lacks the type or one that has the
  /// options, after making sure that it is told so.
  std::optional<std::uint8_t> revision_for(SetType type, Family family,
                                           const CreateOptions& options, std::uint8_t needed = 0) {
    const auto offered = kernel().type(type, family);
    const auto chosen = kernel().choose_revision(type, family, options, needed);
    if (!offered) {
      expect_absent(offered.error(), Step::kType, type);
      EXPECT_FALSE(chosen);
      expect_absent(failure_of([&](Batch& batch) { batch.create("s", type, family, 0, options); }),
                    Step::kCreate, type);
      return std::nullopt;
    }
    const std::uint8_t lowest = std::max({offered->lowest, lowest_revision(type, options), needed});
    if (lowest <= offered->highest) {
      EXPECT_EQ(chosen, lowest);
      return lowest;
    }
    EXPECT_FALSE(chosen);
    if (!chosen) {
      EXPECT_EQ(chosen.error().code, ErrorCode::kNoRevision);
      EXPECT_EQ(chosen.error().actual, lowest);
      EXPECT_EQ(chosen.error().limit, offered->highest);
    }
    return std::nullopt;
  }

  static void expect_absent(const Error& error, Step step, SetType type) {
    EXPECT_EQ(error.code, ErrorCode::kNoSetType);
    EXPECT_EQ(error.step, step);
    EXPECT_EQ(error.subject.data(), type_module(type_name(type)));
  }

  void expect_round_trip(const TypeCase& test, std::uint8_t revision, bool highest) {
    SCOPED_TRACE("revision " + std::to_string(revision));
    CreateOptions options = test.options;
    // Taken by lower ones as well, but listed of the highest alone (ip_set_hash_*.c, create_flags).
    if (!highest) options.bucketsize.reset(), options.initval.reset();
    const Element element = extended(test.element);
    execute_ok([&](Batch& batch) {
      batch.create("s", test.type, test.family, revision, test.options);
      batch.add("s", element);
    });
    const ListedSet set = listed_one("s");
    EXPECT_EQ(set.header.type, test.type);
    EXPECT_EQ(set.header.type_name.view(), type_name(test.type));
    EXPECT_EQ(set.header.family, test.family);
    EXPECT_EQ(set.header.revision, revision);
    EXPECT_EQ(set.header.options, options);
    EXPECT_EQ(set.header.elements, 1U);
    EXPECT_EQ(set.header.references, 0U);
    EXPECT_GT(set.header.memory_bytes, 0U);
    EXPECT_THAT(set.elements, ElementsAre(element));

    EXPECT_EQ(kernel().test("s", test.element), true);
    EXPECT_EQ(kernel().test("s", test.other), false);
    execute_ok([&](Batch& batch) { batch.del("s", test.element); });
    EXPECT_EQ(kernel().test("s", test.element), false);
    EXPECT_THAT(listed_one("s").elements, IsEmpty());
    execute_ok([](Batch& batch) { batch.destroy("s"); });
  }
};

TEST_F(KernelTypes, ListAnElementWithAllItsFieldsAndExtensions) {
  create("member");
  create("other");
  std::size_t seen = 0;
  for (const TypeCase& test : type_cases()) {
    SCOPED_TRACE(std::string(type_name(test.type)) + " " + std::string(family_name(test.family)));
    const auto revision = revision_for(test.type, test.family, test.options, test.needed);
    if (!revision) continue;
    const std::uint8_t highest = kernel().type(test.type, test.family)->highest;
    expect_round_trip(test, highest, true);
    if (*revision < highest) expect_round_trip(test, *revision, false);
    ++seen;
  }
  EXPECT_GT(seen, 0U);
}

TEST_F(KernelTypes, AreAllTriedWithEachFamily) {
  for (std::size_t number = 0; number < kSetTypes; ++number) {
    const auto type = static_cast<SetType>(number);
    const auto cases = type_cases();
    EXPECT_TRUE(std::any_of(cases.begin(), cases.end(), [&](const TypeCase& test) {
      return test.type == type;
    })) << type_name(type);
  }
}

TEST_F(KernelTypes, HaveOptionsOfTheirOwn) {
  struct Case {
    const char* name;
    SetType type;
    CreateOptions options;
    Element added;
    Element listed;
    Family family = Family::kInet;
  };
  CreateOptions hash{.hashsize = 64, .maxelem = 10};
  const auto with = [&](auto member, auto value) {
    CreateOptions options = hash;
    options.*member = value;
    return options;
  };
  for (const Case& test : {
           Case{"bitmap:ip of networks",
                SetType::kBitmapIp,
                {.netmask = 24,
                .range_from = address("10.0.0.0"),
                .range_to = address("10.0.255.255")},
                {.ip = address("10.0.7.9")},
                {.ip = address("10.0.7.0")}},
           Case{"hash:ip of networks",
                SetType::kHashIp,
                with(&CreateOptions::netmask, std::uint8_t{24}),
                {.ip = address("192.0.2.77")},
                {.ip = address("192.0.2.0")}},
           Case{"hash:ip of IPv6 networks",
                SetType::kHashIp,
                with(&CreateOptions::netmask, std::uint8_t{64}),
                {.ip = address("2001:db8::77")},
                {.ip = address("2001:db8::")},
                Family::kInet6},
           Case{"hash:ip with a mask",
                SetType::kHashIp,
                with(&CreateOptions::bitmask, address("255.0.255.0")),
                {.ip = address("192.0.2.77")},
                {.ip = address("192.0.2.0")}},
           Case{"hash:ip,port of networks",
                SetType::kHashIpPort,
                with(&CreateOptions::netmask, std::uint8_t{24}),
                {.ip = address("192.0.2.77"), .port = 80, .protocol = IPPROTO_TCP},
                {.ip = address("192.0.2.0"), .port = 80, .protocol = IPPROTO_TCP}},
           Case{"hash:ip,port with a mask",
                SetType::kHashIpPort,
                with(&CreateOptions::bitmask, address("255.255.0.255")),
                {.ip = address("192.0.2.77"), .port = 80, .protocol = IPPROTO_TCP},
                {.ip = address("192.0.0.77"), .port = 80, .protocol = IPPROTO_TCP}},
           Case{"hash:ip,mark with a mask",
                SetType::kHashIpMark,
                with(&CreateOptions::markmask, std::uint32_t{0xFFFF'0000}),
                {.ip = address("192.0.2.1"), .mark = 0x1234'5678},
                {.ip = address("192.0.2.1"), .mark = 0x1234'0000}},
           Case{"hash:net,net of networks",
                SetType::kHashNetNet,
                with(&CreateOptions::netmask, std::uint8_t{24}),
                {.ip = address("192.0.2.77"),
                .cidr = 32,
                .ip2 = address("198.51.100.9"),
                .cidr2 = 32},
                {.ip = address("192.0.2.0"),
                .cidr = 32,
                .ip2 = address("198.51.100.0"),
                .cidr2 = 32}},
       }) {
    SCOPED_TRACE(test.name);
    const auto revision = revision_for(test.type, test.family, test.options);
    if (!revision) continue;
    execute_ok([&](Batch& batch) {
      batch.create("s", test.type, test.family, *revision, test.options);
      batch.add("s", test.added);
    });
    ListedSet set = listed_one("s");
    // Listed since the revision that takes them, asked for or not.
    if (!test.options.bucketsize) set.header.options.bucketsize.reset();
    if (!test.options.initval) set.header.options.initval.reset();
    EXPECT_EQ(set.header.options, test.options);
    EXPECT_THAT(set.elements, ElementsAre(test.listed));
    execute_ok([](Batch& batch) { batch.destroy("s"); });
  }
}

TEST_F(KernelTypes, AcceptARangeByItsPrefixAndListItsEnd) {
  execute_ok([](Batch& batch) {
    batch.create("s", SetType::kBitmapIp, Family::kInet, 0,
                 {.range_from = address("10.0.0.0"), .range_cidr = 30});
  });
  EXPECT_EQ(listed_one("s").header.options,
            (CreateOptions{.range_from = address("10.0.0.0"), .range_to = address("10.0.0.3")}));
}

TEST_F(KernelTypes, AcceptRangesOfElements) {
  struct Case {
    const char* name;
    SetType type;
    Element range;
    std::vector<Element> elements;
  };
  const auto pair = [](const char* text, std::uint16_t port) {
    return Element{.ip = address(text), .port = port, .protocol = IPPROTO_TCP};
  };
  for (const Case& test : {
           Case{"addresses",
                SetType::kHashIp,
                {.ip = address("10.0.0.1"), .ip_to = address("10.0.0.3")},
                {{.ip = address("10.0.0.1")},
                 {.ip = address("10.0.0.2")},
                 {.ip = address("10.0.0.3")}}},
           Case{"a network of addresses",
                SetType::kHashIp,
                {.ip = address("10.0.0.4"), .cidr = 31},
                {{.ip = address("10.0.0.4")}, {.ip = address("10.0.0.5")}}},
           Case{"ports",
                SetType::kHashIpPort,
                {.ip = address("10.0.0.1"), .port = 7, .port_to = 8, .protocol = IPPROTO_TCP},
                {pair("10.0.0.1", 7), pair("10.0.0.1", 8)}},
           Case{"second addresses",
                SetType::kHashIpPortNet,
                {.ip = address("10.0.0.1"),
                .port = 7,
                .protocol = IPPROTO_TCP,
                .ip2 = address("10.1.0.0"),
                .ip2_to = address("10.1.0.2")},
                {{.ip = address("10.0.0.1"),
                .port = 7,
                .protocol = IPPROTO_TCP,
                .ip2 = address("10.1.0.0"),
                .cidr2 = 31},
                 {.ip = address("10.0.0.1"),
                 .port = 7,
                 .protocol = IPPROTO_TCP,
                 .ip2 = address("10.1.0.2"),
                 .cidr2 = 32}}},
       }) {
    SCOPED_TRACE(test.name);
    const auto revision = revision_for(test.type, Family::kInet, {});
    if (!revision) continue;
    execute_ok([&](Batch& batch) {
      batch.create("s", test.type, Family::kInet, *revision, {});
      batch.add("s", test.range);
    });
    EXPECT_THAT(listed_one("s").elements, testing::UnorderedElementsAreArray(test.elements));
    execute_ok([&](Batch& batch) { batch.del("s", test.range); });
    EXPECT_THAT(listed_one("s").elements, IsEmpty());
    execute_ok([](Batch& batch) { batch.destroy("s"); });
  }
}

TEST_F(KernelTypes, KeepTheOrderOfAListsMembers) {
  for (const char* const name : {"a", "b", "c", "d"}) create(name);
  execute_ok([](Batch& batch) {
    batch.create("l", SetType::kListSet, Family::kUnspecified, 0, {.size = 8});
    batch.add("l", {.set = "a"});
    batch.add("l", {.set = "b", .reference = "a", .before = true});
    batch.add("l", {.set = "c", .reference = "b"});
    batch.add("l", {.set = "d"});
  });
  EXPECT_THAT(listed_one("l").elements, ElementsAre(Element{.set = "b"}, Element{.set = "c"},
                                                    Element{.set = "a"}, Element{.set = "d"}));
  EXPECT_EQ(kernel().test("l", {.set = "b", .reference = "c", .before = true}), true);
  EXPECT_EQ(kernel().test("l", {.set = "b", .reference = "c"}), false);
  EXPECT_EQ(listed_one("a").header.references, 1U);
}

TEST_F(KernelTypes, CountATimeoutDown) {
  create("s", SetType::kHashIp, {.timeout = 600});
  execute_ok([](Batch& batch) {
    batch.add("s", {.ip = address("192.0.2.1")});
    batch.add("s", {.ip = address("192.0.2.2"), .timeout = kMaxTimeout});
    batch.add("s", {.ip = address("192.0.2.3"), .timeout = 0});
  });
  const auto counted = [](const char* text, std::uint32_t from) {
    return testing::AllOf(
        testing::Field(&Element::ip, testing::Optional(address(text))),
        testing::Field(&Element::timeout,
                       testing::Optional(testing::AllOf(testing::Ge(from - std::min(from, 60U)),
                                                        testing::Le(from)))));
  };
  EXPECT_THAT(listed_one("s").elements,
              UnorderedElementsAre(counted("192.0.2.1", 600), counted("192.0.2.2", kMaxTimeout),
                                   counted("192.0.2.3", 0)));
}

TEST_F(KernelTypes, KeepTextsOfTheLongestLength) {
  const std::string comment(kMaxCommentBytes, '\x80');
  const std::string interface(kMaxInterfaceBytes, 'e');
  const std::string name(SetName::kLimit, '~');
  const auto revision = revision_for(SetType::kHashNetIface, Family::kInet, {.comment = true});
  ASSERT_TRUE(revision);
  const Element element{.ip = address("10.0.0.0"),
                        .cidr = 8,
                        .interface = std::string_view(interface),
                        .comment = std::string_view(comment)};
  execute_ok([&](Batch& batch) {
    batch.create(name, SetType::kHashNetIface, Family::kInet, *revision, {.comment = true});
    batch.add(name, element);
  });
  EXPECT_THAT(listed_one(name).elements, ElementsAre(element));
}

TEST_F(KernelTypes, OfferTheLowestRevisionThatHasWhatASetNeeds) {
  for (std::size_t number = 0; number < kSetTypes; ++number) {
    const auto type = static_cast<SetType>(number);
    SCOPED_TRACE(type_name(type));
    const auto cases = type_cases();
    const Family family = std::find_if(cases.begin(), cases.end(), [&](const TypeCase& test) {
                            return test.type == type;
                          })->family;
    for (const CreateOptions& options :
         {CreateOptions{}, CreateOptions{.timeout = 1}, CreateOptions{.counters = true},
          CreateOptions{.comment = true}, CreateOptions{.skbinfo = true},
          CreateOptions{.forceadd = true}, CreateOptions{.bucketsize = 8},
          CreateOptions{.bitmask = address("255.0.0.255")}})
      (void)revision_for(type, family, options);
    (void)revision_for(type, family, {}, 2);
    (void)revision_for(type, family, {}, 200);
  }
}

TEST_F(KernelTypes, DoNotExistForAFamilyTheyLack) {
  const auto revisions = kernel().type(SetType::kBitmapIp, Family::kInet6);
  ASSERT_FALSE(revisions);
  expect_absent(revisions.error(), Step::kType, SetType::kBitmapIp);
  const auto chosen = kernel().choose_revision(SetType::kBitmapIp, Family::kInet6, {});
  ASSERT_FALSE(chosen);
  expect_absent(chosen.error(), Step::kType, SetType::kBitmapIp);
}

}  // namespace
}  // namespace ipsetkv::ipset
