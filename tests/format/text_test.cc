// SPDX-License-Identifier: MIT
#include "format/text.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "support/hex.h"

namespace ipsetkv::format::text {
namespace {

using ipset::Address;
using ipset::Element;
using ipset::Family;
using namespace std::string_view_literals;

TEST(Text, StoresTheWorkedExamplesOfTheFormat) {
  struct Case {
    std::string_view bytes;
    std::string_view comment;
  };
  for (const Case& test : {
           Case{"note book", "note book"},
           Case{"", "\\-"},
           Case{"a\0b"sv, "a\\0b"},
           Case{"say \"hi\"\n", "say \\qhi\\q\\n"},
           Case{"C:\\", "C:\\\\"},
           Case{"\\-", "\\\\-"},
           Case{"\x80\xff\t\r", "\x80\xff\t\r"},
       }) {
    SCOPED_TRACE(test.comment);
    Element element;
    EXPECT_EQ(encode(tests::as_bytes(test.bytes), 0, Family::kInet, kPlain, element),
              test.bytes.size());
    EXPECT_EQ(element.comment.view(), test.comment);
    EXPECT_EQ(element.ip, Address::parse("0.0.0.1"));
    EXPECT_EQ(element.port, 0);
    std::array<std::byte, kTextBytes> place{};
    const auto length = decode(test.comment, place.data());
    ASSERT_TRUE(length);
    EXPECT_EQ(tests::as_text(std::span(place).first(*length)), test.bytes);
  }
}

TEST(Text, NumbersItsPiecesByTheirOffset) {
  const std::string bytes(70'000, 'x');
  Element element;
  EXPECT_EQ(encode(tests::as_bytes(bytes), 239, Family::kInet, kPlain, element), 478U);
  EXPECT_EQ(element.ip, Address::parse("0.0.0.1"));
  EXPECT_EQ(element.port, 239);
  EXPECT_EQ(encode(tests::as_bytes(bytes), 65'537, Family::kInet6, kPlain, element), 65'776U);
  EXPECT_EQ(element.ip, Address::parse("::2"));
  EXPECT_EQ(element.port, 1);
  EXPECT_EQ(offset_of(element), 65'537U);
}

TEST(Text, FindsNoOffsetInOtherAddresses) {
  for (const char* address : {"0.0.0.0", "::", "1::1", "255.0.0.0"}) {
    const Element element{.ip = Address::parse(address), .port = 0};
    EXPECT_FALSE(offset_of(element)) << address;
  }
}

TEST(Text, RejectsCommentsThatNoEncoderWrote) {
  std::array<std::byte, 300> place{};
  for (const std::string_view comment : {""sv, "\\"sv, "abc\\"sv, "\\x"sv, "\\-a"sv, "a\\-"sv})
    EXPECT_FALSE(decode(comment, place.data())) << comment;
  EXPECT_FALSE(decode(std::string(240, 'x'), place.data()));
}

// Pieces come in any order: the bytes after one may be those of another already.
TEST(Text, WritesNothingBeyondADecodedPiece) {
  constexpr std::byte kUntouched{0xAA};
  for (const std::string_view byte : {"x"sv, "\""sv, "\0"sv}) {
    for (std::size_t length = 1; length <= kTextBytes; ++length) {
      for (std::size_t place = 0; place < length; place += 5) {
        std::string bytes(length, 'x');
        bytes.replace(place, 1, byte);
        Element element;
        const std::uint64_t end = encode(tests::as_bytes(bytes), 0, Family::kInet, kPlain, element);
        std::array<std::byte, 2 * kTextBytes> decoded;
        decoded.fill(kUntouched);
        ASSERT_EQ(decode(element.comment.view(), decoded.data()), end) << length << ' ' << place;
        EXPECT_EQ(tests::as_text(std::span(decoded).first(end)), bytes.substr(0, end));
        EXPECT_EQ(std::count(decoded.begin() + static_cast<std::ptrdiff_t>(end), decoded.end(),
                             kUntouched),
                  static_cast<std::ptrdiff_t>(decoded.size() - end));
      }
    }
  }
}

TEST(Text, CountsAtLeastAsManyPiecesAsThereAre) {
  for (const char filling : {'x', '"'})
    for (const std::size_t size : {0U, 1U, 238U, 239U, 240U, 1000U, 10'000U}) {
      const std::string bytes(size, filling);
      std::size_t pieces = 0;
      std::uint64_t offset = 0;
      do {
        Element element;
        offset = encode(tests::as_bytes(bytes), offset, Family::kInet, kPlain, element);
        ++pieces;
      } while (offset < size);
      EXPECT_GE(count_pieces(tests::as_bytes(bytes)), pieces);
      EXPECT_LE(count_pieces(tests::as_bytes(bytes)), pieces + 2 + pieces / 100);
    }
}

TEST(TextChain, IsWholeOnlyWithoutGapsAndOverlaps) {
  const auto finish = [](std::vector<std::pair<std::uint64_t, std::uint64_t>> pieces) {
    Chain chain;
    for (const auto& [offset, bytes] : pieces) chain.take(offset, bytes);
    return chain.finish();
  };
  EXPECT_EQ(finish({{0, 0}}), 0U);
  EXPECT_EQ(finish({{0, 5}}), 5U);
  EXPECT_EQ(finish({{5, 2}, {0, 5}, {7, 1}}), 8U);
  EXPECT_FALSE(finish({}));
  EXPECT_FALSE(finish({{5, 2}}));
  EXPECT_FALSE(finish({{0, 5}, {6, 2}}));
  EXPECT_FALSE(finish({{0, 5}, {4, 2}}));
  EXPECT_FALSE(finish({{0, 5}, {3, 4}, {5, 2}}))
      << "a gap and an overlap don't make up for another";
}

}  // namespace
}  // namespace ipsetkv::format::text
