// SPDX-License-Identifier: MIT
#include "format/chunks.h"

#include <gmock/gmock.h>
#include <netinet/in.h>

#include <algorithm>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "support/corruption.h"
#include "support/hex.h"

namespace ipsetkv::format::chunks {
namespace {

using ipset::Address;
using ipset::Element;
using testing::ElementsAreArray;
using tests::as_bytes;
using tests::as_text;
using tests::Bytes;
using tests::to_hex;
using namespace std::string_view_literals;

constexpr std::size_t kChunkBytes = kIpv4.bytes;
constexpr std::size_t kMaxValueBytes = kChunkBytes * kMaxChunks;

const std::string zeros16(16, '\0');

constexpr std::uint8_t kTcp = IPPROTO_TCP;
constexpr std::uint8_t kIcmp = IPPROTO_ICMP;
constexpr std::uint8_t kSctp = IPPROTO_SCTP;

Element chunk(const char* address, std::uint8_t protocol, std::uint16_t port) {
  return {.ip = Address::parse(address).value(), .port = port, .protocol = protocol};
}

std::vector<Element> encoded(std::span<const std::byte> value, Shape shape = kIpv4) {
  std::vector<Element> elements(chunk_count(shape, value.size()));
  for (std::size_t index = 0; index < elements.size(); ++index)
    encode_chunk(shape, value, index, elements[index]);
  return elements;
}

/// The value of a set that has these elements, in this order; nothing if it is none. A decoder that
/// only checks has to agree.
std::optional<Bytes> decoded(Decoder& decoder, const std::vector<Element>& elements,
                             Shape shape = kIpv4) {
  const auto length_of = [&](std::span<std::byte> value) -> std::optional<std::size_t> {
    decoder.begin(shape, elements.size(), value);
    for (const Element& element : elements)
      if (!decoder.take(element)) return std::nullopt;
    return decoder.finish();
  };
  Bytes value(elements.size() * shape.bytes, std::byte{0xEE});
  const auto length = length_of(value);
  EXPECT_EQ(length_of({}), length) << "with and without a place for the bytes";
  if (!length) return std::nullopt;
  value.resize(*length);
  return value;
}

std::optional<Bytes> decoded(const std::vector<Element>& elements) {
  Decoder decoder;
  return decoded(decoder, elements);
}

/// The essay's reader: sort by port, join, strip zero bytes.
std::string essay_text(std::vector<Element> elements) {
  std::sort(elements.begin(), elements.end(),
            [](const Element& one, const Element& other) { return *one.port < *other.port; });
  std::string text;
  for (const Element& element : elements) text += as_text(element.ip->bytes());
  text.erase(text.find_last_not_of('\0') + 1);
  return text;
}

enum class Likely { kAnyByte, kZero, kOnlyZero, kText };

Bytes random_value(std::mt19937& random, std::size_t size, Likely likely) {
  Bytes value(size);
  for (std::byte& byte : value) {
    if (likely == Likely::kAnyByte) byte = static_cast<std::byte>(random());
    if (likely == Likely::kZero && random() % 4 == 0) byte = static_cast<std::byte>(random());
    if (likely == Likely::kText) byte = static_cast<std::byte>(random() % 255 + 1);
  }
  return value;
}

/// Writes a value as elements, reads them in a shuffled order, and looks at the stored form.
void expect_round_trip(Decoder& decoder, const Bytes& value, std::mt19937& random,
                       Shape shape = kIpv4) {
  SCOPED_TRACE(std::to_string(value.size()) + " bytes: " +
               to_hex(std::span(value).first(std::min<std::size_t>(value.size(), 80))));
  std::vector<Element> elements = encoded(value, shape);
  for (std::size_t index = 0; index < elements.size(); ++index) {
    ASSERT_EQ(elements[index].port, index);
    ASSERT_NE(elements[index].ip, Address::parse("0.0.0.0")) << "refused since Linux 6.3";
    ASSERT_NE(elements[index].ip, Address::parse("::")) << "refused since Linux 6.3";
  }
  std::shuffle(elements.begin(), elements.end(), random);
  ASSERT_TRUE(decoded(decoder, elements, shape) == value);
}

TEST(Ipv4Layout, StoresTheWorkedExamplesOfTheFormat) {
  struct Case {
    const char* name;
    std::string_view value;
    std::vector<Element> elements;
  };
  for (const Case& test : {
           Case{"notebook",
                "notebook",
                {chunk("110.111.116.101", kTcp, 0), chunk("98.111.111.107", kTcp, 1)}},
           Case{"pencil",
                "pencil",
                {chunk("112.101.110.99", kTcp, 0), chunk("105.108.0.0", kTcp, 1)}},
           Case{"nothing", "", {}},
           Case{"one zero byte", "\0"sv, {chunk("0.0.0.3", kSctp, 0)}},
           Case{"abc, zero byte", "abc\0"sv, {chunk("97.98.99.0", kSctp, 0)}},
           Case{"abcd, zero byte",
                "abcd\0"sv,
                {chunk("97.98.99.100", kTcp, 0), chunk("0.0.0.3", kSctp, 1)}},
           Case{"abcde, zero byte",
                "abcde\0"sv,
                {chunk("97.98.99.100", kTcp, 0), chunk("101.0.0.2", kSctp, 1)}},
           Case{"four zero bytes", "\0\0\0\0"sv, {chunk("0.0.0.1", kIcmp, 0)}},
           Case{"four zero bytes, abcd",
                "\0\0\0\0abcd"sv,
                {chunk("0.0.0.1", kIcmp, 0), chunk("97.98.99.100", kTcp, 1)}},
           Case{"abcd, four zero bytes",
                "abcd\0\0\0\0"sv,
                {chunk("97.98.99.100", kTcp, 0), chunk("0.0.0.1", kIcmp, 1)}},
       }) {
    SCOPED_TRACE(test.name);
    EXPECT_THAT(encoded(as_bytes(test.value)), ElementsAreArray(test.elements));
    const auto value = decoded(test.elements);
    ASSERT_TRUE(value);
    EXPECT_EQ(as_text(*value), test.value);
  }
}

TEST(Ipv4Layout, LeavesTheOtherFieldsOfAnElementAlone) {
  Element element{.line = 7, .timeout = 60, .comment = "note"};
  encode_chunk(kIpv4, as_bytes("notebook"), 1, element);
  Element expected = chunk("98.111.111.107", kTcp, 1);
  expected.line = 7;
  expected.timeout = 60;
  expected.comment = "note";
  EXPECT_EQ(element, expected);
  EXPECT_EQ(element.line, 7U);
}

TEST(Ipv4Layout, RoundTripsElementsInAnyOrder) {
  const std::uint32_t seed = tests::test_seed();
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  Decoder decoder;
  for (const Likely likely : {Likely::kAnyByte, Likely::kZero, Likely::kOnlyZero, Likely::kText}) {
    for (std::size_t size = 0; size <= 70; ++size) {
      for (int round = 0; round < 20; ++round) {
        expect_round_trip(decoder, random_value(random, size, likely), random);
        if (HasFatalFailure()) return;
      }
    }
  }
}

TEST(Ipv4Layout, RoundTripsZerosWithOneByteAnywhere) {
  const std::uint32_t seed = tests::test_seed();
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  Decoder decoder;
  for (std::size_t size = 1; size <= 24; ++size) {
    for (std::size_t place = 0; place < size; ++place) {
      // 1 to 3 are the counts of padding and the placeholder, too.
      for (const int byte : {1, 2, 3, 4, 255}) {
        Bytes value(size);
        value[place] = static_cast<std::byte>(byte);
        expect_round_trip(decoder, value, random);
        if (HasFatalFailure()) return;
      }
    }
  }
}

TEST(Ipv4Layout, RoundTripsUpToTheLongestValue) {
  const std::uint32_t seed = tests::test_seed();
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  Decoder decoder;
  for (const Likely likely : {Likely::kAnyByte, Likely::kZero, Likely::kOnlyZero, Likely::kText}) {
    for (const std::size_t size :
         {random() % 1000, random() % 10'000, random() % kMaxValueBytes, kMaxValueBytes - 5,
          kMaxValueBytes - 4, kMaxValueBytes - 3, kMaxValueBytes - 1, kMaxValueBytes}) {
      expect_round_trip(decoder, random_value(random, size, likely), random);
      if (HasFatalFailure()) return;
    }
  }
}

TEST(Ipv4Layout, IsReadByTheEssaysReaderWhereTheValueIsText) {
  const std::uint32_t seed = tests::test_seed();
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  for (std::size_t size = 0; size <= 300; ++size) {
    const Bytes text = random_value(random, size, Likely::kText);
    std::vector<Element> elements = encoded(text);
    for (const Element& element : elements) ASSERT_EQ(element.protocol, kTcp);
    std::shuffle(elements.begin(), elements.end(), random);
    ASSERT_EQ(essay_text(elements), as_text(text)) << size << " bytes";
  }
}

TEST(Ipv4Layout, ReadsSetsMadeByHand) {
  struct Case {
    const char* name;
    std::vector<Element> elements;
    std::string_view value;
  };
  for (const Case& test : {
           Case{"zeros in the middle are the value's, those at the end are not",
                {chunk("97.0.0.98", kTcp, 0), chunk("0.99.0.0", kTcp, 1)},
                "a\0\0b\0c"sv},
           Case{"0.0.0.0, which old kernels take, in the middle",
                {chunk("0.0.0.0", kTcp, 0), chunk("97.0.0.0", kTcp, 1)},
                "\0\0\0\0a"sv},
           Case{"0.0.0.0 at the end",
                {chunk("97.98.0.0", kTcp, 0), chunk("0.0.0.0", kTcp, 1)},
                "ab"sv},
           Case{"0.0.0.0 alone", {chunk("0.0.0.0", kTcp, 0)}, ""sv},
           Case{"zeros that an icmp chunk stands for are not padding",
                {chunk("97.0.0.0", kTcp, 0), chunk("0.0.0.1", kIcmp, 1), chunk("0.0.0.0", kTcp, 2)},
                "a\0\0\0\0\0\0\0"sv},
           Case{"the placeholder's address as tcp is its own four bytes",
                {chunk("0.0.0.1", kTcp, 0)},
                "\0\0\0\1"sv},
       }) {
    SCOPED_TRACE(test.name);
    const auto value = decoded(test.elements);
    ASSERT_TRUE(value);
    EXPECT_EQ(as_text(*value), test.value);
  }
}

TEST(Ipv4Layout, RejectsElementsThatAreNoValue) {
  struct Case {
    const char* name;
    std::vector<Element> elements;
  };
  const Element first = chunk("97.98.99.100", kTcp, 0);
  for (const Case& test : {
           Case{"the first is missing", {chunk("97.98.99.100", kTcp, 1)}},
           Case{"one in the middle is missing", {first, chunk("97.98.99.100", kTcp, 2)}},
           Case{"a port far beyond their number", {first, chunk("97.98.99.100", kTcp, 65'535)}},
           Case{"one twice", {first, first}},
           Case{"two with one port", {first, chunk("1.2.3.4", kTcp, 0)}},
           Case{"two with one port and different protocols", {first, chunk("0.0.0.1", kIcmp, 0)}},
           Case{"two with one port in place of a missing one",
                {first, chunk("1.2.3.4", kTcp, 0), chunk("1.2.3.4", kTcp, 2)}},
           Case{"udp", {chunk("97.98.99.100", IPPROTO_UDP, 0)}},
           Case{"udplite", {chunk("97.98.99.100", IPPROTO_UDPLITE, 0)}},
           Case{"protocol 0", {chunk("97.98.99.100", 0, 0)}},
           Case{"icmpv6", {chunk("0.0.0.1", IPPROTO_ICMPV6, 0)}},
           Case{"icmp with zeros", {chunk("0.0.0.0", kIcmp, 0)}},
           Case{"icmp with 0.0.0.2", {chunk("0.0.0.2", kIcmp, 0)}},
           Case{"icmp with 1.0.0.1", {chunk("1.0.0.1", kIcmp, 0)}},
           Case{"sctp before the last", {chunk("0.0.0.3", kSctp, 0), chunk("1.2.3.4", kTcp, 1)}},
           Case{"sctp before an icmp", {chunk("0.0.0.3", kSctp, 0), chunk("0.0.0.1", kIcmp, 1)}},
           Case{"sctp twice", {chunk("97.98.99.0", kSctp, 0), chunk("0.0.0.3", kSctp, 1)}},
           Case{"sctp with zeros", {chunk("0.0.0.0", kSctp, 0)}},
           Case{"four bytes of padding behind another", {first, chunk("0.0.0.4", kSctp, 1)}},
           Case{"five bytes of padding", {chunk("0.0.0.5", kSctp, 0)}},
           Case{"255 bytes of padding", {chunk("0.0.0.255", kSctp, 0)}},
           Case{"three of padding, the third byte not zero", {chunk("0.0.1.3", kSctp, 0)}},
           Case{"three of padding, the second byte not zero", {chunk("0.1.0.3", kSctp, 0)}},
           Case{"three of padding, the last byte not zero", {chunk("97.0.0.3", kSctp, 0)}},
           Case{"two of padding, the third byte not zero", {chunk("97.0.1.2", kSctp, 0)}},
           Case{"two of padding, the last byte not zero", {chunk("97.98.0.2", kSctp, 0)}},
           Case{"one of padding, the last byte not zero", {chunk("97.98.99.1", kSctp, 0)}},
           Case{"an IPv6 address", {chunk("::1", kTcp, 0)}},
           Case{"no address", {{.port = 0, .protocol = kTcp}}},
           Case{"no port", {{.ip = first.ip, .protocol = kTcp}}},
           Case{"no protocol", {{.ip = first.ip, .port = 0}}},
       }) {
    SCOPED_TRACE(test.name);
    std::vector<Element> elements = test.elements;
    EXPECT_FALSE(decoded(elements));
    std::reverse(elements.begin(), elements.end());
    EXPECT_FALSE(decoded(elements)) << "in the other order";
  }
}

TEST(Ipv4Layout, AcceptsOnlyTheSctpAddressesThatItWrites) {
  for (int third = 0; third < 256; ++third) {
    for (int fourth = 0; fourth < 256; ++fourth) {
      for (const std::string_view beginning : {"\0\0"sv, "a\0"sv, "\0b"sv, "ab"sv}) {
        std::string bytes(beginning);
        bytes += {static_cast<char>(third), static_cast<char>(fourth)};
        const Element element{.ip = Address::inet(as_bytes(bytes).first<kChunkBytes>()),
                              .port = 0,
                              .protocol = kSctp};
        const auto value = decoded({element});
        if (value && value->empty()) {
          ASSERT_EQ(element.ip, Address::parse("0.0.0.4"));
          continue;
        }
        ASSERT_TRUE(!value || encoded(*value) == std::vector{element}) << to_hex(as_bytes(bytes));
      }
    }
  }
}

TEST(Ipv4Layout, RejectsMoreChunksThanAnnounced) {
  Decoder decoder;
  decoder.begin(kIpv4, 1, {});
  EXPECT_FALSE(decoder.take(chunk("1.2.3.4", kTcp, 1)));
  decoder.begin(kIpv4, 0, {});
  EXPECT_FALSE(decoder.take(chunk("1.2.3.4", kTcp, 0)));
}

TEST(Ipv4Layout, AcceptsFewerChunksThanAnnounced) {
  Decoder decoder;
  Bytes value(5 * kChunkBytes);
  decoder.begin(kIpv4, 5, value);
  ASSERT_TRUE(decoder.take(chunk("110.111.116.101", kTcp, 0)));
  ASSERT_EQ(decoder.finish(), 4U);
  EXPECT_EQ(as_text(std::span(value).first(4)), "note");
}

TEST(Ipv4Layout, ForgetsThePreviousValue) {
  Decoder decoder;
  ASSERT_TRUE(decoded(decoder, {chunk("97.98.99.0", kSctp, 0)}));
  EXPECT_FALSE(decoded(decoder, {chunk("1.2.3.4", kTcp, 0), chunk("1.2.3.4", kTcp, 2)}));
  EXPECT_EQ(decoded(decoder, {}), Bytes());
  EXPECT_EQ(decoded(decoder, {chunk("97.0.0.0", kTcp, 0)}), Bytes{std::byte{'a'}});
}

TEST(Ipv4Layout, CountsTheChunksOfAValue) {
  struct Case {
    std::size_t bytes;
    std::size_t chunks;
  };
  for (const auto& [bytes, chunks] : {Case{0, 0}, Case{1, 1}, Case{4, 1}, Case{5, 2},
                                      Case{262'143, 65'536}, Case{262'144, 65'536}})
    EXPECT_EQ(chunk_count(kIpv4, bytes), chunks) << bytes;
  EXPECT_EQ(kMaxValueBytes, 262'144U);
}

TEST(Ipv6Layout, StoresTheWorkedExamplesOfTheFormat) {
  struct Case {
    std::string_view value;
    std::vector<Element> elements;
  };
  for (const Case& test : {
           Case{"notebook", {chunk("6e6f:7465:626f:6f6b::", kTcp, 0)}},
           Case{"a\0"sv, {chunk("6100::e", kSctp, 0)}},
           Case{std::string_view(zeros16.data(), 16), {chunk("::1", IPPROTO_ICMPV6, 0)}},
       }) {
    SCOPED_TRACE(test.value);
    EXPECT_THAT(encoded(as_bytes(test.value), kIpv6), ElementsAreArray(test.elements));
    Decoder decoder;
    const auto value = decoded(decoder, test.elements, kIpv6);
    ASSERT_TRUE(value);
    EXPECT_EQ(as_text(*value), test.value);
  }
}

TEST(Ipv6Layout, RoundTripsElementsInAnyOrder) {
  const std::uint32_t seed = tests::test_seed();
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  Decoder decoder;
  for (const Likely likely : {Likely::kAnyByte, Likely::kZero, Likely::kOnlyZero, Likely::kText}) {
    for (std::size_t size = 0; size <= 300; ++size) {
      expect_round_trip(decoder, random_value(random, size, likely), random, kIpv6);
      if (HasFatalFailure()) return;
    }
    expect_round_trip(decoder, random_value(random, 1'048'576 - random() % 20, likely), random,
                      kIpv6);
  }
}

TEST(Chunks, HaveAnElementForTheEmptyValueIfNeeded) {
  for (const Shape shape : {kIpv4, kIpv6}) {
    Element element;
    encode_empty(shape, element);
    EXPECT_EQ(element.ip, Address::parse(shape.bytes == 4 ? "0.0.0.4" : "::10"));
    Decoder decoder;
    EXPECT_EQ(decoded(decoder, {element}, shape), Bytes());
    Element second = element;
    second.port = std::uint16_t{1};
    EXPECT_FALSE(decoded(decoder, {element, second}, shape)) << "it stands alone";
  }
}

}  // namespace
}  // namespace ipsetkv::format::chunks
