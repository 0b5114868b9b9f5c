// SPDX-License-Identifier: MIT
#include "netlink/batch.h"

#include <gtest/gtest.h>
#include <linux/netfilter/nfnetlink.h>

#include <string>
#include <vector>

#include "support/hex.h"

namespace ipsetkv::netlink {
namespace {

using tests::as_bytes;
using tests::Bytes;
using tests::to_hex;

// The bytes shown here are those of a little-endian machine.
constexpr nfgenmsg kFamilyHeader{.nfgen_family = 2, .version = 0, .res_id = 0};
constexpr std::size_t kHeaders = sizeof(nlmsghdr) + sizeof(nfgenmsg);

/// A message header as the kernel would read it.
nlmsghdr header_of(std::span<const std::byte> message) {
  nlmsghdr header;
  std::memcpy(&header, message.data(), sizeof header);
  return header;
}

std::size_t open_message(Batch& batch) {
  batch.begin_message(0x0609, 0, kFamilyHeader);
  return batch.mark();
}

/// What one `put` appends to a message, in hexadecimal.
template <class Put>
std::string put_bytes(Put put) {
  Batch batch(256);
  const std::size_t start = open_message(batch);
  put(batch);
  EXPECT_FALSE(batch.overflowed());
  return to_hex(batch.finish(1).subspan(start));
}

TEST(Batch, WritesTheHeadersOfAMessage) {
  Batch batch(64);
  batch.begin_message(0x0609, NLM_F_EXCL, kFamilyHeader);
  EXPECT_EQ(to_hex(batch.finish(0x01020304)), "14000000 09060102 04030201 00000000 02000000");
  EXPECT_EQ(NLM_F_REQUEST | NLM_F_EXCL, header_of(batch.message(0)).nlmsg_flags);
}

TEST(Batch, PutsNumbersInNetworkOrderAndFlagsThem) {
  // A single byte has no order, and ipset's own tool does not flag it either.
  EXPECT_EQ(put_bytes([](Batch& b) { b.put_number(1, std::uint8_t{7}); }), "05000100 07000000");
  EXPECT_EQ(put_bytes([](Batch& b) { b.put_number(2, std::uint16_t{0x0102}); }),
            "06000240 01020000");
  EXPECT_EQ(put_bytes([](Batch& b) { b.put_number(3, std::uint32_t{0x01020304}); }),
            "08000340 01020304");
  EXPECT_EQ(put_bytes([](Batch& b) { b.put_number(4, std::uint64_t{0x0102030405060708}); }),
            "0c000440 01020304 05060708");
}

TEST(Batch, PutsTextWithItsNul) {
  EXPECT_EQ(put_bytes([](Batch& b) { b.put_text(5, "abc"); }), "08000500 61626300");
  EXPECT_EQ(put_bytes([](Batch& b) { b.put_text(5, "abcd"); }), "09000500 61626364 00000000");
  EXPECT_EQ(put_bytes([](Batch& b) { b.put_text(5, ""); }), "05000500 00000000");
}

TEST(Batch, PutsATextWithoutMemory) {
  EXPECT_EQ(put_bytes([](Batch& b) { b.put_text(5, {}); }), "05000500 00000000");
}

TEST(Batch, ZeroesThePaddingOfABufferUsedBefore) {
  Batch batch(256);
  for (std::size_t length = 0; length <= 9; ++length) {
    SCOPED_TRACE(length);
    batch.clear();
    open_message(batch);
    batch.put(1, Bytes(200, std::byte{0xFF}));
    batch.clear();
    const std::size_t start = open_message(batch);
    batch.put(1, Bytes(length, std::byte{0xAA}));
    const auto written = batch.finish(1).subspan(start);
    ASSERT_EQ(written.size(), NLA_ALIGN(sizeof(nlattr) + length));
    for (std::size_t index = sizeof(nlattr) + length; index < written.size(); ++index)
      EXPECT_EQ(written[index], std::byte{0}) << index;
  }
}

TEST(Batch, NumbersItsMessagesAcrossTheWrapOfTheSequence) {
  Batch batch(256);
  for (int count = 0; count < 3; ++count) {
    open_message(batch);
    batch.put_text(1, std::string(static_cast<std::size_t>(count) * 4, 'x'));
  }
  const auto all = batch.finish(0xFFFF'FFFF);
  ASSERT_EQ(batch.size(), 3U);
  std::size_t total = 0;
  for (std::size_t index = 0; index < 3; ++index) {
    SCOPED_TRACE(index);
    const auto message = batch.message(index);
    EXPECT_EQ(header_of(message).nlmsg_seq, static_cast<std::uint32_t>(0xFFFF'FFFF + index));
    EXPECT_EQ(header_of(message).nlmsg_len, message.size());
    EXPECT_EQ(message.size(), kHeaders + 8 + index * 4);
    EXPECT_EQ(message.data(), all.data() + total);
    total += message.size();
  }
  EXPECT_EQ(all.size(), total);
}

TEST(Batch, NestsAttributesInAttributes) {
  EXPECT_EQ(put_bytes([](Batch& batch) {
              const std::size_t outer = batch.begin_nest(7);
              const std::size_t inner = batch.begin_nest(1);
              batch.put_number(3, std::uint8_t{9});
              EXPECT_EQ(batch.nest_bytes(inner), 12U);
              batch.end_nest(inner);
              const std::size_t empty = batch.begin_nest(2);
              batch.end_nest(empty);
              batch.end_nest(outer);
            }),
            "14000780 0c000180 05000300 09000000 04000280");
}

TEST(Batch, RejectsWhatDoesNotFit) {
  constexpr std::size_t kNeeded = kHeaders + 8 + 12;
  for (std::size_t capacity = 0; capacity <= kNeeded + 4; ++capacity) {
    SCOPED_TRACE(capacity);
    Batch batch(capacity);
    batch.begin_message(1, 0, kFamilyHeader);
    batch.put_number(1, std::uint32_t{1});
    batch.put_text(2, "12345");
    EXPECT_EQ(batch.overflowed(), capacity < kNeeded);
    EXPECT_LE(batch.finish(1).size(), capacity);
  }
}

TEST(Batch, RejectsEverythingAfterAnOverflow) {
  Batch batch(64);
  open_message(batch);
  batch.put(1, Bytes(100));
  ASSERT_TRUE(batch.overflowed());
  const std::size_t end = batch.mark();
  batch.put_number(1, std::uint8_t{1});
  batch.put_text(2, "x");
  batch.end_nest(batch.begin_nest(3));
  batch.begin_message(2, 0, kFamilyHeader);
  EXPECT_TRUE(batch.overflowed());
  EXPECT_EQ(batch.mark(), end);
  EXPECT_EQ(batch.size(), 1U);
}

TEST(Batch, RewindRemovesTheLastPieceAndTheOverflow) {
  Batch batch(64);
  open_message(batch);
  batch.put_text(1, "kept");
  const std::string before = to_hex(batch.finish(1));
  const std::size_t mark = batch.mark();
  batch.put_text(2, "gone");
  batch.put(3, Bytes(100));
  ASSERT_TRUE(batch.overflowed());
  batch.rewind(mark);
  EXPECT_FALSE(batch.overflowed());
  EXPECT_EQ(to_hex(batch.finish(1)), before);
  batch.put_text(2, "next");
  EXPECT_FALSE(batch.overflowed());
}

TEST(Batch, RejectsOneMessageTooMany) {
  Batch batch(16'384);
  for (std::size_t count = 0; count < Batch::kMaxMessages; ++count) open_message(batch);
  EXPECT_FALSE(batch.overflowed());
  EXPECT_EQ(batch.size(), Batch::kMaxMessages);
  const std::size_t end = batch.mark();
  open_message(batch);
  EXPECT_TRUE(batch.overflowed());
  EXPECT_EQ(batch.size(), Batch::kMaxMessages);
  EXPECT_EQ(batch.mark(), end);
}

TEST(Batch, RejectsAnAttributeWhoseLengthDoesNotFit16Bits) {
  for (const std::size_t payload : {65'531U, 65'532U}) {
    SCOPED_TRACE(payload);
    Batch batch(100'000);
    open_message(batch);
    batch.put(1, Bytes(payload));
    EXPECT_EQ(batch.overflowed(), payload > 65'531);
  }
}

TEST(Batch, RejectsANestWhoseLengthDoesNotFit16Bits) {
  struct Case {
    std::size_t payload;
    std::string header;
  };
  // The nest's own header and that of the one attribute in it come on top of the payload.
  for (const Case& test : {Case{65'524, "fcff0880"}, Case{65'528, "00000880"}}) {
    SCOPED_TRACE(test.payload);
    Batch batch(200'000);
    open_message(batch);
    const std::size_t nest = batch.begin_nest(8);
    batch.put(1, Bytes(test.payload));
    EXPECT_FALSE(batch.overflowed());
    batch.end_nest(nest);
    EXPECT_EQ(batch.overflowed(), test.payload > 65'524);
    if (!batch.overflowed()) {
      EXPECT_EQ(to_hex(batch.finish(1).subspan(nest, 4)), test.header);
    }
  }
}

TEST(Batch, IsEmptyAfterClear) {
  Batch batch(64);
  open_message(batch);
  batch.put(1, Bytes(100));
  batch.clear();
  EXPECT_FALSE(batch.overflowed());
  EXPECT_EQ(batch.size(), 0U);
  EXPECT_TRUE(batch.finish(1).empty());
  batch.begin_message(0x0601, 0, kFamilyHeader);
  EXPECT_EQ(to_hex(batch.finish(2)), "14000000 01060100 02000000 00000000 02000000");
}

TEST(Batch, HoldsExactlyItsCapacity) {
  Batch batch(kHeaders + 104);
  open_message(batch);
  batch.put(1, Bytes(100));
  EXPECT_FALSE(batch.overflowed());
  EXPECT_EQ(batch.finish(1).size(), kHeaders + 104);
}

}  // namespace
}  // namespace ipsetkv::netlink
