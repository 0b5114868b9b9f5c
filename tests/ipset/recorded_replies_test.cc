// SPDX-License-Identifier: MIT
#include "ipset/recorded_replies.h"

#include <gmock/gmock.h>
#include <netinet/in.h>

#include "ipset/fake_dump.h"

namespace ipsetkv::ipset {
namespace {

using testing::ElementsAre;

Address address(const char* text) { return Address::parse(text).value(); }

class RecordedReplies : public FakeDumpTest {
 protected:
  /// The one set of a recorded dump.
  ListedSet read_recorded(const std::string& hex) {
    queue_hex(hex);
    queue_hex(kRecordedEnd);
    auto sets = read();
    EXPECT_TRUE(sets) << sets.error().message();
    if (!sets || sets->size() != 1) {
      ADD_FAILURE() << "not one set";
      return {};
    }
    return sets->front();
  }
};

TEST_F(RecordedReplies, HashIpPortWithTimeoutCountersAndComment) {
  const ListedSet set = read_recorded(kRecordedIpPort);
  EXPECT_EQ(set.header.name, SetName("s"));
  EXPECT_EQ(set.header.type, SetType::kHashIpPort);
  EXPECT_EQ(set.header.type_name, SetName("hash:ip,port"));
  EXPECT_EQ(set.header.family, Family::kInet);
  EXPECT_EQ(set.header.revision, 7);
  EXPECT_EQ(set.header.references, 0U);
  EXPECT_EQ(set.header.memory_bytes, 460U);
  EXPECT_EQ(set.header.elements, 2U);
  EXPECT_EQ(set.header.options, (CreateOptions{.timeout = 600,
                                               .counters = true,
                                               .comment = true,
                                               .hashsize = 64,
                                               .maxelem = 99,
                                               .bucketsize = 8,
                                               .initval = 0x1234'abcd}));
  EXPECT_THAT(set.elements, ElementsAre(Element{.ip = address("192.0.2.9"),
                                                .port = 53,
                                                .protocol = IPPROTO_UDP,
                                                .timeout = 300,
                                                .packets = 0,
                                                .bytes = 0},
                                        Element{.ip = address("192.0.2.1"),
                                                .port = 80,
                                                .protocol = IPPROTO_TCP,
                                                .timeout = 0,
                                                .packets = 7,
                                                .bytes = 900,
                                                .comment = "a b"}));
}

TEST_F(RecordedReplies, HashNetInet6WithSkbinfoAndNomatch) {
  const ListedSet set = read_recorded(kRecordedNet6);
  EXPECT_EQ(set.header.type, SetType::kHashNet);
  EXPECT_EQ(set.header.family, Family::kInet6);
  EXPECT_EQ(set.header.options, (CreateOptions{.skbinfo = true,
                                               .forceadd = true,
                                               .hashsize = 64,
                                               .maxelem = 100,
                                               .bucketsize = 12,
                                               .initval = 1}));
  EXPECT_THAT(set.elements, ElementsAre(Element{.ip = address("2001:db8::"),
                                                .cidr = 32,
                                                .nomatch = true,
                                                .skbmark = SkbMark{0x11, 0xFF},
                                                .skbprio = 0x0001'0002,
                                                .skbqueue = 5}));
}

TEST_F(RecordedReplies, BitmapIpMac) {
  const ListedSet set = read_recorded(kRecordedIpMac);
  EXPECT_EQ(set.header.type, SetType::kBitmapIpMac);
  EXPECT_EQ(set.header.options, (CreateOptions{.range_from = address("192.0.2.0"),
                                               .range_to = address("192.0.2.255")}));
  EXPECT_THAT(set.elements,
              ElementsAre(Element{.ip = address("192.0.2.7"),
                                  .mac = MacAddress{std::byte{2}, {}, {}, {}, {}, std::byte{1}}}));
}

TEST_F(RecordedReplies, BitmapIpWithNetmaskAndNoElements) {
  const ListedSet set = read_recorded(kRecordedBitmapIp);
  EXPECT_EQ(set.header.type, SetType::kBitmapIp);
  EXPECT_EQ(set.header.elements, 0U);
  EXPECT_EQ(set.header.options, (CreateOptions{.timeout = 5,
                                               .netmask = 24,
                                               .range_from = address("10.0.0.0"),
                                               .range_to = address("10.0.255.255")}));
  EXPECT_TRUE(set.elements.empty());
}

TEST_F(RecordedReplies, BitmapPort) {
  const ListedSet set = read_recorded(kRecordedPort);
  EXPECT_EQ(set.header.type, SetType::kBitmapPort);
  EXPECT_EQ(set.header.family, Family::kUnspecified);
  EXPECT_EQ(set.header.options,
            (CreateOptions{.counters = true, .port_from = 100, .port_to = 200}));
  EXPECT_THAT(set.elements, ElementsAre(Element{.port = 110, .packets = 0, .bytes = 0},
                                        Element{.port = 111, .packets = 0, .bytes = 0}));
}

TEST_F(RecordedReplies, ListSet) {
  const ListedSet set = read_recorded(kRecordedList);
  EXPECT_EQ(set.header.type, SetType::kListSet);
  EXPECT_EQ(set.header.options, (CreateOptions{.size = 4}));
  EXPECT_THAT(set.elements, ElementsAre(Element{.set = "n"}, Element{.set = "s"}));
}

TEST_F(RecordedReplies, HashNetIface) {
  const ListedSet set = read_recorded(kRecordedIface);
  EXPECT_EQ(set.header.type, SetType::kHashNetIface);
  EXPECT_THAT(
      set.elements,
      ElementsAre(
          Element{.ip = address("10.0.0.0"), .cidr = 8, .interface = "eth9", .physdev = true},
          Element{.ip = address("10.0.0.0"), .cidr = 8, .interface = "et", .wildcard = true}));
}

TEST_F(RecordedReplies, SeveralSetsInOneDump) {
  for (const std::string& part :
       {kRecordedIpPort, kRecordedPort, kRecordedBitmapIp, kRecordedList, kRecordedEnd})
    queue_hex(part);
  const auto sets = read();
  ASSERT_TRUE(sets) << sets.error().message();
  std::string summary;
  for (const ListedSet& set : *sets)
    summary += std::string(set.header.name.view()) + std::to_string(set.elements.size()) + " ";
  EXPECT_EQ(summary, "s2 p2 b0 l2 ");
}

TEST_F(RecordedReplies, NamesAlone) {
  for (const std::string& part : {kRecordedNameS, kRecordedNameN, kRecordedEnd}) queue_hex(part);
  const auto sets = read(ListMode::kNames);
  ASSERT_TRUE(sets) << sets.error().message();
  ASSERT_EQ(sets->size(), 2U);
  EXPECT_EQ(sets->at(0).header.name, SetName("s"));
  EXPECT_EQ(sets->at(1).header.name, SetName("n"));
  EXPECT_FALSE(sets->at(0).header.type);
}

TEST_F(RecordedReplies, NoSuchSet) {
  queue_hex(kRecordedNoSuchSet);
  const auto sets = read(ListMode::kElements, "nope");
  ASSERT_FALSE(sets);
  EXPECT_EQ(sets.error().code, ErrorCode::kNoSuchSet);
  EXPECT_EQ(sets.error().step, Step::kList);
  EXPECT_STREQ(sets.error().subject.data(), "nope");
}

}  // namespace
}  // namespace ipsetkv::ipset
