// SPDX-License-Identifier: MIT
// A Listing that is given what no kernel should send.
#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "ipset/fake_dump.h"
#include "support/corruption.h"

namespace ipsetkv::ipset {
namespace {

using tests::Bytes;
using tests::from_hex;

/// The further message of a set's elements: `bitmap:port`, ports 110 and 111.
const std::string kContinuation =
    "40000000 07060200 04030201 00000000 02000000 05000100 07000000 06000200 70000000"
    "1c000880 0c000780 06000440 006e0000 0c000780 06000440 006f0000";

class HostileDump : public FakeDumpTest {
 protected:
  /// Reads a dump of one datagram and its end, whatever it holds; afterwards nothing may be left.
  void survive(const Bytes& datagram) {
    queue(datagram);
    queue_hex(kRecordedEnd);
    (void)read();
    ASSERT_EQ(unread(), 0);
    queue(datagram);
    queue_hex(kRecordedEnd);
    read_views();
    ASSERT_EQ(unread(), 0);
  }

 private:
  /// The same, with views of the elements.
  void read_views() {
    Listing sets = listing();
    for (;;) {
      const auto header = sets.next_set();
      if (!header || *header == nullptr) return;
      for (;;) {
        const auto element = sets.next_element_view();
        if (!element) return;
        if (*element == nullptr) break;
      }
    }
  }
};

TEST_F(HostileDump, ContinuesASetInTheNextMessage) {
  for (const std::string& part : {kRecordedPort, kContinuation, kRecordedNet6, kRecordedEnd})
    queue_hex(part);
  const auto sets = read();
  ASSERT_TRUE(sets) << sets.error().message();
  ASSERT_EQ(sets->size(), 2U);
  EXPECT_EQ(sets->at(0).elements.size(), 4U);
  EXPECT_EQ(sets->at(1).elements.size(), 1U);
}

TEST_F(HostileDump, SkipsTheRestOfASetInFurtherMessages) {
  for (const std::string& part : {kRecordedPort, kContinuation, kRecordedNet6, kRecordedEnd})
    queue_hex(part);
  Listing sets = listing();
  ASSERT_TRUE(sets.next_set());
  const auto second = sets.next_set();
  ASSERT_TRUE(second && *second != nullptr);
  EXPECT_EQ((*second)->name, SetName("n"));
  const auto element = sets.next_element();
  ASSERT_TRUE(element && *element != nullptr);
  EXPECT_EQ((*element)->cidr, 32) << "not one of the set before";
}

TEST_F(HostileDump, ReadsSeveralMessagesOfOneDatagram) {
  queue_hex(kRecordedPort + kContinuation + kRecordedNet6 + kRecordedEnd);
  const auto sets = read();
  ASSERT_TRUE(sets) << sets.error().message();
  ASSERT_EQ(sets->size(), 2U);
  EXPECT_EQ(sets->at(0).elements.size(), 4U);
}

TEST_F(HostileDump, IgnoresMessagesOfAnotherSequence) {
  Bytes stray = from_hex(kRecordedNet6);
  stray[8] = std::byte{0xEE};
  Bytes stray_end = from_hex(kRecordedEnd);
  stray_end[8] = std::byte{0xEE};
  queue(stray_end);
  queue(stray);
  queue_hex(kRecordedPort);
  queue(stray_end);
  queue_hex(kRecordedEnd);
  const auto sets = read();
  ASSERT_TRUE(sets) << sets.error().message();
  ASSERT_EQ(sets->size(), 1U);
  EXPECT_EQ(sets->at(0).header.name, SetName("p"));
}

TEST_F(HostileDump, StaysAtItsEnd) {
  queue_hex(kRecordedPort);
  queue_hex(kRecordedEnd);
  Listing sets = listing();
  ASSERT_TRUE(read_all(sets));
  for (int again = 0; again < 2; ++again) {
    const auto set = sets.next_set();
    ASSERT_TRUE(set);
    EXPECT_EQ(*set, nullptr);
    const auto element = sets.next_element();
    ASSERT_TRUE(element);
    EXPECT_EQ(*element, nullptr);
  }
}

TEST_F(HostileDump, ReportsATimeout) {
  queue_hex(kRecordedPort);
  const auto sets = read();
  ASSERT_FALSE(sets);
  EXPECT_EQ(sets.error().code, ErrorCode::kTimeout);
}

TEST_F(HostileDump, ReportsTheErrorAtTheEndOfTheDump) {
  queue_hex(kRecordedPort);
  queue_hex("14000000 03000200 04030201 00000000 f4ffffff");
  const auto sets = read(ListMode::kElements, "p");
  ASSERT_FALSE(sets);
  EXPECT_EQ(sets.error().code, ErrorCode::kNoMemory);
  EXPECT_EQ(sets.error().step, Step::kList);
  EXPECT_STREQ(sets.error().subject.data(), "p");
}

TEST_F(HostileDump, ReportsAnInterruptionAndDrainsTheRest) {
  Bytes interrupted = from_hex(kRecordedPort);
  interrupted[6] |= std::byte{NLM_F_DUMP_INTR};
  queue(interrupted);
  queue_hex(kRecordedNet6);
  queue_hex(kRecordedEnd);
  const auto sets = read();
  ASSERT_FALSE(sets);
  EXPECT_EQ(sets.error().code, ErrorCode::kInterrupted);
  EXPECT_EQ(unread(), 0) << "a dump that is not read to its end blocks the socket and the set";
}

TEST_F(HostileDump, DrainsTheRestIfInterruptedBeforeItIsRead) {
  Bytes interrupted = from_hex(kRecordedPort);
  interrupted[6] |= std::byte{NLM_F_DUMP_INTR};
  queue(interrupted);
  queue_hex(kRecordedEnd);
  { Listing unread_listing = listing(); }
  EXPECT_EQ(unread(), 0);
}

TEST_F(HostileDump, NamesTheMalformedAttribute) {
  struct Case {
    const char* name;
    std::string find;
    std::string replace;
    std::uint64_t attribute;
  };
  for (const Case& test : {
           Case{"a port of three bytes", "06000440 006e0000 0c001840", "07000440 006e0000 0c001840",
                IPSET_ATTR_PORT},
           Case{"an element's length", "24000780 06000440 006e0000", "24000780 60000440 006e0000",
                IPSET_ATTR_DATA},
           Case{"a revision of two bytes", "05000400 03000000", "06000400 03000000",
                IPSET_ATTR_REVISION},
           Case{"a family of three bytes", "05000500 00000000", "07000500 00000000",
                IPSET_ATTR_FAMILY},
           Case{"a last port of one byte", "06000540 00c80000", "05000540 00c80000",
                IPSET_ATTR_PORT_TO},
           Case{"a memory size of three bytes", "08001a40 000006a8", "07001a40 000006a8",
                IPSET_ATTR_MEMSIZE},
           Case{"a list's first length", "4c000880 24000780", "4c000880 ff000780", IPSET_ATTR_ADT},
           Case{"a header's length", "34000780 06000440", "34000780 ff000440", IPSET_ATTR_DATA},
       }) {
    SCOPED_TRACE(test.name);
    std::string hex = tests::to_hex(from_hex(kRecordedPort));
    for (char& byte : hex)
      if (byte == '\n') byte = ' ';
    const auto place = hex.find(test.find);
    ASSERT_NE(place, std::string::npos);
    queue_hex(hex.replace(place, test.find.size(), test.replace));
    queue_hex(kRecordedEnd);
    const auto sets = read();
    ASSERT_FALSE(sets);
    EXPECT_EQ(sets.error().code, ErrorCode::kMalformed);
    EXPECT_EQ(sets.error().step, Step::kList);
    EXPECT_EQ(sets.error().actual, test.attribute);
    EXPECT_EQ(unread(), 0);
  }
}

TEST_F(HostileDump, RejectsATruncatedDatagram) {
  queue_hex(kRecordedPort);
  queue(Bytes(netlink::Socket::dump_part_bytes() + 4, std::byte{1}));
  queue_hex(kRecordedEnd);
  const auto sets = read();
  ASSERT_FALSE(sets);
  EXPECT_EQ(sets.error().code, ErrorCode::kMalformed);
  EXPECT_EQ(unread(), 0);
}

TEST_F(HostileDump, IsReadToItsEndAfterADatagramThatIsNoMessage) {
  survive(from_hex("ffff0000 07060200 04030201 00000000"));
}

TEST_F(HostileDump, SurvivesAReplyCutAnywhere) {
  const Bytes whole = from_hex(kRecordedIpPort);
  for (std::size_t size = 1; size <= whole.size() && !HasFatalFailure(); ++size)
    survive(Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)));
}

TEST_F(HostileDump, SurvivesACutReplyWithAMatchingLength) {
  const Bytes whole = from_hex(kRecordedIpPort);
  for (std::size_t size = sizeof(nlmsghdr); size <= whole.size() && !HasFatalFailure(); ++size) {
    Bytes part(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
    const auto length = static_cast<std::uint32_t>(size);
    std::memcpy(part.data(), &length, sizeof length);
    survive(part);
  }
}

TEST_F(HostileDump, SurvivesAWrongByteAnywhere) {
  const std::uint32_t seed = tests::test_seed();
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  for (const std::string& hex : {kRecordedIpPort, kRecordedNet6, kRecordedIface}) {
    const Bytes whole = from_hex(hex);
    for (std::size_t place = 0; place < whole.size() && !HasFatalFailure(); ++place) {
      for (int round = 0; round < 8; ++round) {
        Bytes wrong = whole;
        wrong[place] ^= static_cast<std::byte>(random() % 255 + 1);
        survive(wrong);
      }
    }
  }
}

TEST_F(HostileDump, SurvivesRandomAttributes) {
  const std::uint32_t seed = tests::test_seed();
  SCOPED_TRACE(seed);
  const Bytes head = from_hex("00000000 07060200 04030201 00000000 02000000");
  tests::for_each_random_string(seed, 3000, 128, [&](const Bytes& random) {
    Bytes datagram = head;
    datagram.insert(datagram.end(), random.begin(), random.end());
    const auto length = static_cast<std::uint32_t>(datagram.size());
    std::memcpy(datagram.data(), &length, sizeof length);
    if (!HasFatalFailure()) survive(datagram);
  });
}

}  // namespace
}  // namespace ipsetkv::ipset
