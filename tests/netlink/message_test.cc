// SPDX-License-Identifier: MIT
#include "netlink/message.h"

#include <gtest/gtest.h>
#include <linux/netlink.h>

#include <cerrno>
#include <limits>
#include <string>

#include "support/corruption.h"
#include "support/hex.h"

namespace ipsetkv::netlink {
namespace {

using tests::Bytes;
using tests::from_hex;
using tests::to_hex;

// As recorded, on a little-endian machine: the answer to ipset's `protocol`, the refusal of a
// `header` of a set that is not there (with the request's payload), and the end of a dump.
const std::string kAnswer =
    "24000000 01060000 04030201 00000000 02000000 05000100 07000000 05000a00 06000000";
const std::string kRefusal =
    "3c000000 02000000 05030201 00000000 feffffff 28000000 0c060100 05030201 00000000"
    "00000000 05000100 07000000 09000200 6e6f7065 00000000";
const std::string kEnd = "14000000 03000200 06030201 00000000 00000000";

/// Walks a datagram, reading whatever there is to read.
std::size_t walk(std::span<const std::byte> datagram, bool truncated) {
  std::size_t count = 0;
  if (testing::Test::HasFailure()) return count;  // The first failure says it all.
  Messages messages(datagram, truncated);
  while (const auto message = messages.next()) {
    ++count;
    EXPECT_TRUE(tests::lies_within(message->payload, datagram));
    EXPECT_TRUE(tests::lies_within(message->returned_request(), datagram));
    EXPECT_GE(message->error().value_or(0), 0);
    if (testing::Test::HasFailure()) return count;
    (void)to_hex(message->payload);
  }
  EXPECT_FALSE(messages.next()) << "the end stays the end";
  return count;
}

Message first_message(std::span<const std::byte> datagram) {
  const auto message = Messages(datagram).next();
  EXPECT_TRUE(message);
  return message.value_or(Message{});
}

TEST(Messages, IterateOverADatagramOfSeveral) {
  const Bytes datagram = from_hex(kAnswer + kRefusal + kEnd);
  Messages messages(datagram);
  const auto answer = messages.next();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->type, 0x0601);
  EXPECT_EQ(answer->sequence, 0x0102'0304U);
  EXPECT_EQ(answer->payload.size(), 20U);
  EXPECT_FALSE(answer->is_error() || answer->is_done() || answer->is_interrupted());
  const auto refusal = messages.next();
  ASSERT_TRUE(refusal);
  EXPECT_TRUE(refusal->is_error());
  EXPECT_EQ(refusal->sequence, 0x0102'0305U);
  EXPECT_EQ(refusal->error(), ENOENT);
  EXPECT_EQ(to_hex(refusal->returned_request()),
            "00000000 05000100 07000000 09000200 6e6f7065 00000000");
  const auto end = messages.next();
  ASSERT_TRUE(end);
  EXPECT_TRUE(end->is_done());
  EXPECT_EQ(end->flags, NLM_F_MULTI);
  EXPECT_EQ(end->error(), 0);
  EXPECT_FALSE(messages.next());
  EXPECT_FALSE(messages.malformed());
}

TEST(Messages, EndAtAWrongLength) {
  struct Case {
    const char* name;
    std::string hex;
    std::size_t good;
  };
  const std::string rest = " 01060000 01000000 00000000";
  for (const Case& test : {
           Case{"zero", "00000000" + rest, 0},
           Case{"shorter than its header", "0f000000" + rest, 0},
           Case{"longer than the datagram", "11000000" + rest, 0},
           Case{"beyond 31 bits", "10000080" + rest, 0},
           Case{"the longest", "ffffffff" + rest, 0},
           Case{"half a header", "10000000 0106", 0},
           Case{"half a header behind a good one", kAnswer + "10000000 0106", 1},
           Case{"after a good one", kAnswer + "00010000" + rest, 1},
       }) {
    SCOPED_TRACE(test.name);
    const Bytes datagram = from_hex(test.hex);
    Messages messages(datagram);
    std::size_t good = 0;
    while (const auto message = messages.next()) {
      ASSERT_TRUE(tests::lies_within(message->payload, datagram));
      ++good;
    }
    EXPECT_EQ(good, test.good);
    EXPECT_TRUE(messages.malformed());
    EXPECT_FALSE(messages.next());
    EXPECT_TRUE(messages.malformed()) << "it is remembered";
  }
}

TEST(Messages, IncludeTheLastOneOfATruncatedDatagramAsFarAsItGoes) {
  const Bytes whole = from_hex(kRefusal);
  for (std::size_t size = sizeof(nlmsghdr); size < whole.size(); ++size) {
    SCOPED_TRACE(size);
    const Bytes cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
    Messages messages(cut, true);
    const auto message = messages.next();
    ASSERT_TRUE(message);
    EXPECT_EQ(message->payload.size(), size - sizeof(nlmsghdr));
    EXPECT_EQ(message->error().has_value(), size >= sizeof(nlmsghdr) + 4);
    EXPECT_EQ(message->error().value_or(ENOENT), ENOENT);
    EXPECT_FALSE(messages.next());
    EXPECT_FALSE(messages.malformed());
    Messages strict(cut);
    EXPECT_FALSE(strict.next());
    EXPECT_TRUE(strict.malformed());
  }
}

TEST(Messages, NeverReadBeyondADatagramCutAnywhere) {
  const Bytes whole = from_hex(kAnswer + kRefusal + kEnd);
  std::size_t most = 0;
  for (const bool truncated : {false, true})
    tests::for_each_beginning(
        whole, [&](const Bytes& part) { most = std::max(most, walk(part, truncated)); });
  EXPECT_EQ(most, 3U);
}

TEST(Messages, NeverReadBeyondADatagramWithOneWrongByte) {
  for (const bool truncated : {false, true})
    tests::for_each_wrong_byte(from_hex(kAnswer + kRefusal + kEnd),
                               [&](const Bytes& wrong) { walk(wrong, truncated); });
}

TEST(Messages, NeverReadBeyondRandomBytes) {
  const std::uint32_t seed = tests::test_seed();
  SCOPED_TRACE(seed);
  for (const bool truncated : {false, true})
    tests::for_each_random_string(seed, 20'000, 96,
                                  [&](const Bytes& bytes) { walk(bytes, truncated); });
}

TEST(Message, ReturnsTheKernelsErrorCode) {
  struct Case {
    const char* name;
    const char* hex;
    std::optional<std::int32_t> code;
  };
  for (const Case& test : {
           Case{"an acknowledgement", "14000000 02000000 01000000 00000000 00000000", 0},
           Case{"an errno", "14000000 02000000 01000000 00000000 feffffff", ENOENT},
           Case{"a code of ipset's own", "14000000 02000000 01000000 00000000 f9efffff", 4103},
           Case{"an error without a code", "10000000 02000000 01000000 00000000", std::nullopt},
           Case{"an error with half a code", "12000000 02000000 01000000 00000000 feff",
                std::nullopt},
           Case{"a dump's good end", "14000000 03000200 01000000 00000000 00000000", 0},
           Case{"a dump's good end of old", "10000000 03000200 01000000 00000000", 0},
           Case{"a dump's bad end", "14000000 03000200 01000000 00000000 feffffff", ENOENT},
           Case{"an end with half a code", "12000000 03000200 01000000 00000000 feff",
                std::nullopt},
       }) {
    SCOPED_TRACE(test.name);
    const Bytes datagram = from_hex(test.hex);
    EXPECT_EQ(first_message(datagram).error(), test.code);
  }
}

TEST(Message, ReturnsNoNegativeCodeForTheLowestNumber) {
  const Bytes datagram = from_hex("14000000 02000000 01000000 00000000 00000080");
  EXPECT_GE(first_message(datagram).error().value_or(0), 0);
}

TEST(Message, ReturnsNoRequestWhereTheReplyHasNone) {
  // As NETLINK_CAP_ACK makes it: the code and the request's header alone.
  const Bytes capped =
      from_hex("24000000 02000001 01000000 00000000 feffffff 28000000 0c060100 01000000 00000000");
  EXPECT_TRUE(first_message(capped).returned_request().empty());
}

TEST(Message, ReportsAnInterruptedDump) {
  const Bytes datagram = from_hex("10000000 07061200 01000000 00000000");
  EXPECT_TRUE(first_message(datagram).is_interrupted());
}

}  // namespace
}  // namespace ipsetkv::netlink
