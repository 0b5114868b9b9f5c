// SPDX-License-Identifier: MIT
#include "format/drawer_form.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "format/drawer_decoder.h"
#include "support/corruption.h"

namespace ipsetkv::format {
namespace {

using ipset::Address;
using ipset::CreateOptions;
using ipset::Element;
using ipset::Family;
using ipset::SetHeader;
using ipset::SetType;

constexpr Moment kDeadline = moment_at(1'900'000'000'123);
constexpr Kind kKinds[] = {Kind::kIpv4, Kind::kIpv6, Kind::kComment, Kind::kCounters};

std::vector<Element> encoded(const DrawerContent& content) {
  std::vector<Element> elements;
  DrawerEncoder encoder(content);
  Element element;
  while (encoder.next(element)) elements.push_back(element);
  return elements;
}

/// The header that the kernel shows of a set made for `content`.
SetHeader header_of(const DrawerContent& content, std::size_t elements) {
  const SetShape shape = shape_of(content.kind);
  SetHeader header{.type = shape.type, .family = shape.family, .options = options_for(content)};
  header.elements = static_cast<std::uint32_t>(elements);
  return header;
}

struct Reading {
  std::optional<Decoded> decoded;
  std::string value;
  std::string key;
};

Reading read(const DrawerContent& content, const std::vector<Element>& elements) {
  Reading reading;
  DrawerDecoder decoder;
  decoder.begin(header_of(content, elements.size()), !content.key.empty(), &reading.value);
  for (const Element& element : elements)
    if (!decoder.take(element)) return reading;
  reading.decoded = decoder.finish();
  if (reading.decoded) reading.value.resize(reading.decoded->value_bytes);
  reading.key = decoder.key();
  return reading;
}

/// In the order in which the kernel shows them: any for a hash, that of the ports for a bitmap.
void reorder(Kind kind, std::vector<Element>& elements, std::mt19937& random) {
  if (kind == Kind::kCounters)
    std::sort(elements.begin(), elements.end(),
              [](const Element& one, const Element& other) { return *one.port < *other.port; });
  else
    std::shuffle(elements.begin(), elements.end(), random);
}

std::string random_bytes(std::mt19937& random, std::size_t size, int alphabet) {
  std::string bytes(size, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random() % static_cast<unsigned>(alphabet));
  return bytes;
}

DrawerContent content_of(const std::string& value, Kind kind, const std::string& key,
                         bool expiring) {
  DrawerContent content{.value = std::as_bytes(std::span(value)), .kind = kind, .key = key};
  if (expiring) {
    content.deadline = kDeadline;
    content.life = 100;
  }
  return content;
}

class AllKinds : public testing::TestWithParam<Kind> {};
INSTANTIATE_TEST_SUITE_P(Drawer, AllKinds, testing::ValuesIn(kKinds),
                         [](const auto& kind) { return std::string(kind_name(kind.param)); });

TEST_P(AllKinds, RoundTripsValueKeyAndDeadlineInAnyOrder) {
  const std::uint32_t seed = tests::test_seed();
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  for (const std::size_t size : {0U, 1U, 4U, 15U, 16U, 17U, 238U, 239U, 240U, 478U, 1000U, 70'000U})
    for (const int alphabet : {1, 2, 128, 256})
      for (const std::size_t key_size : {0U, 1U, 16U, 300U, 65'536U})
        for (const bool expiring : {false, true}) {
          SCOPED_TRACE(std::to_string(size) + " of " + std::to_string(alphabet) + ", key of " +
                       std::to_string(key_size));
          const std::string value = random_bytes(random, size, alphabet);
          const std::string key = random_bytes(random, key_size, alphabet);
          const DrawerContent content = content_of(value, GetParam(), key, expiring);
          ASSERT_TRUE(fits(content));
          std::vector<Element> elements = encoded(content);
          reorder(GetParam(), elements, random);
          const Reading reading = read(content, elements);
          ASSERT_TRUE(reading.decoded);
          EXPECT_FALSE(reading.decoded->ended);
          EXPECT_EQ(reading.decoded->kind, GetParam());
          EXPECT_EQ(reading.decoded->deadline.has_value(), expiring);
          if (expiring) {
            EXPECT_EQ(*reading.decoded->deadline, kDeadline);
          }
          ASSERT_TRUE(reading.value == value);
          ASSERT_TRUE(reading.key == key);
        }
}

TEST_P(AllKinds, IsNoValueWithoutAnyOneOfItsElements) {
  std::mt19937 random(1);
  for (const std::string& key : {std::string(), std::string(500, 'k')}) {
    const std::string value = random_bytes(random, 1000, 255) + "x";
    const DrawerContent content = content_of(value, GetParam(), key, false);
    const std::vector<Element> all = encoded(content);
    for (std::size_t missing = 0; missing < all.size(); ++missing) {
      std::vector<Element> elements = all;
      elements.erase(elements.begin() + static_cast<std::ptrdiff_t>(missing));
      reorder(GetParam(), elements, random);
      const Reading reading = read(content, elements);
      // Without its last piece a value is a shorter one, and a key another: writers add the first
      // piece last, and keys are compared.
      if (missing + 2 == all.size()) continue;
      EXPECT_FALSE(reading.decoded && reading.key == key) << missing;
    }
  }
}

TEST_P(AllKinds, IsNoValueWhileItIsBeingWritten) {
  std::mt19937 random(1);
  const std::string value = random_bytes(random, 2000, 256) + "x";
  const DrawerContent content = content_of(value, GetParam(), {}, false);
  const std::vector<Element> all = encoded(content);
  // An interrupted `add` leaves a beginning of what was to be added.
  for (std::size_t written = 1; written < all.size(); ++written) {
    std::vector<Element> elements(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(written));
    reorder(GetParam(), elements, random);
    EXPECT_FALSE(read(content, elements).decoded) << written;
  }
}

TEST_P(AllKinds, IsExpiredOnceItsFirstElementIsGone) {
  std::mt19937 random(1);
  for (const std::string& key : {std::string(), std::string("a key")}) {
    const std::string value = random_bytes(random, 1000, 256);
    const DrawerContent content = content_of(value, GetParam(), key, true);
    std::vector<Element> elements = encoded(content);
    EXPECT_EQ(elements.back().timeout, 100U) << "it goes first";
    for (std::size_t index = 0; index + 1 < elements.size(); ++index)
      EXPECT_TRUE(elements[index].timeout == 0U || elements[index].timeout == 160U);
    elements.pop_back();
    reorder(GetParam(), elements, random);
    const Reading reading = read(content, elements);
    ASSERT_TRUE(reading.decoded);
    EXPECT_TRUE(reading.decoded->ended);
    EXPECT_EQ(reading.key, key) << "whoever clears away must know whose it was";

    std::erase_if(elements, [](const Element& element) { return element.timeout != 0U; });
    EXPECT_TRUE(read(content, elements).decoded->ended) << "when the others are gone as well";
    EXPECT_EQ(read(content, elements).key, key);
  }
}

TEST_P(AllKinds, HasTheLimitOfItsLayout) {
  const std::size_t longest = longest_value(content_of({}, GetParam(), {}, false));
  if (GetParam() == Kind::kComment) {
    EXPECT_EQ(longest, 536'870'912U);
    return;
  }
  EXPECT_EQ(longest, GetParam() == Kind::kIpv4 ? 262'144U : 1'048'576U);
  EXPECT_TRUE(fits(content_of(std::string(longest, 'x'), GetParam(), {}, false)));
  EXPECT_FALSE(fits(content_of(std::string(longest + 1, 'x'), GetParam(), {}, false)));
}

TEST(Drawer, InCountersLosesAnElementForEachByteOfPadding) {
  const auto fit = [](std::size_t size) {
    return fits(content_of(std::string(size, 'x'), Kind::kCounters, {}, false));
  };
  EXPECT_TRUE(fit(1'048'321));
  EXPECT_FALSE(fit(1'048'570)) << "six bytes of padding leave six ports fewer";
  EXPECT_TRUE(fit(1'048'576));
}

/// Eight bytes as the counter that they are stored in has them.
std::string bytes_of(std::uint64_t counter) {
  std::string bytes;
  for (int shift = 56; shift >= 0; shift -= 8) bytes += static_cast<char>(counter >> shift & 255U);
  return bytes;
}

TEST(Drawer, StoresNoCounterThatTheKernelTakesForMissing) {
  const std::string ones(8, '\xff');
  std::string spoilt = ones;
  for (std::uint64_t mask = 1; mask < 255; ++mask) spoilt += bytes_of(~(mask << 32 | mask));
  // With padding after it, the counter that excludes the mask 255.
  const std::string short_of_one = spoilt + bytes_of(~std::uint64_t{0xff000000ff}).substr(0, 7);
  for (const std::string& value : {ones, "12345678" + ones, ones + "1", ones + std::string(9, 'x'),
                                   spoilt, short_of_one, std::string("plain")})
    for (const std::string& key : {std::string(), std::string("a key"), ones + "key", spoilt})
      for (const bool expiring : {false, true}) {
        const DrawerContent content = content_of(value, Kind::kCounters, key, expiring);
        std::vector<Element> elements = encoded(content);
        for (const Element& element : elements) {
          EXPECT_NE(element.packets, ~std::uint64_t{0});
          EXPECT_NE(element.bytes, ~std::uint64_t{0});
          // Without one of its own an element would get the set's.
          EXPECT_EQ(element.timeout.has_value(), options_for(content).timeout.has_value());
        }
        std::mt19937 random(1);
        reorder(Kind::kCounters, elements, random);
        const Reading reading = read(content, elements);
        ASSERT_TRUE(reading.decoded);
        EXPECT_EQ(reading.value, value);
        EXPECT_EQ(reading.key, key);
        EXPECT_EQ(reading.decoded->deadline.has_value(), expiring);
      }
}

TEST(Drawer, InCountersHasATimeoutOnlyIfNeeded) {
  const std::string value = "notebook";
  const DrawerContent content = content_of(value, Kind::kCounters, {}, false);
  EXPECT_EQ(options_for(content).timeout, std::nullopt);
  const std::vector<Element> elements = encoded(content);
  SetHeader header = header_of(content, elements.size());
  for (const std::uint32_t timeout : {1U, 2U, 600U, 601U}) {
    header.options.timeout = timeout;
    DrawerDecoder decoder;
    decoder.begin(header, false, nullptr);
    for (const Element& element : elements)
      if (!decoder.take(element)) break;
    EXPECT_FALSE(decoder.finish()) << timeout;
  }
}

TEST(Drawer, HasNoCommentThatTheStockToolTakesForAnOption) {
  const std::string longer(239, 'x');
  for (const std::string option : {"-f", "-!", "-exist", "--resolve", "-", "--", "-----f"})
    for (const std::string& text : {option, longer + option, option + longer}) {
      SCOPED_TRACE(text);
      const DrawerContent content = content_of(text, Kind::kComment, text, false);
      const std::vector<Element> elements = encoded(content);
      for (const Element& element : elements) {
        const std::string_view comment = element.comment.view();
        EXPECT_TRUE(comment.front() != '-' || comment.size() == 1 || comment.size() > 16)
            << comment;
      }
      const Reading reading = read(content, elements);
      ASSERT_TRUE(reading.decoded);
      EXPECT_EQ(reading.value, text);
      EXPECT_EQ(reading.key, text);
    }
}

TEST(Drawer, SpendsNoMemoryOnTheCommentsOfAFirewallsSet) {
  SetHeader header{.type = SetType::kHashIpPort, .family = Family::kInet};
  header.options.comment = true;
  header.elements = 1'000'000;
  Element element{.ip = Address::parse("192.0.2.1"), .port = 80, .protocol = kPlain};
  element.comment = "the server";
  std::string value;
  DrawerDecoder decoder;
  decoder.begin(header, false, &value);
  EXPECT_FALSE(decoder.take(element));
  EXPECT_LT(value.capacity(), 1024U);
}

TEST(Drawer, IsRecognisedOnlyInSetsOfItsKind) {
  struct Case {
    const char* name;
    SetType type;
    Family family;
    CreateOptions options;
    bool filled;  ///< Whether the set matches when it has elements,
    bool empty;   ///< and when it has none.
  };
  constexpr SetType kIpPort = SetType::kHashIpPort;
  constexpr Family kInet = Family::kInet;
  const Address mask = Address::parse("255.255.255.0").value();
  for (const Case& test : {
           Case{"plain", kIpPort, kInet, {}, true, true},
           Case{"sizes",
                kIpPort,
                kInet,
                {.hashsize = 64, .maxelem = 10, .bucketsize = 8, .initval = 1},
                true,
                true},
           Case{"timeout", kIpPort, kInet, {.timeout = 600}, true, false},
           Case{"timeout 0", kIpPort, kInet, {.timeout = 0}, true, false},
           Case{"counters", kIpPort, kInet, {.counters = true}, true, false},
           Case{"skbinfo", kIpPort, kInet, {.skbinfo = true}, true, false},
           Case{"forceadd", kIpPort, kInet, {.forceadd = true}, true, false},
           Case{"comment", kIpPort, kInet, {.comment = true}, true, false},
           Case{"netmask", kIpPort, kInet, {.netmask = 24}, false, false},
           Case{"bitmask", kIpPort, kInet, {.bitmask = mask}, false, false},
           Case{"inet6", kIpPort, Family::kInet6, {}, true, false},
           Case{"with a deadline",
                kIpPort,
                kInet,
                {.timeout = 0, .counters = true, .maxelem = kExpiringMaxElements},
                true,
                true},
           Case{"hash:ip", SetType::kHashIp, kInet, {}, false, false},
           Case{"hash:ip,port,ip", SetType::kHashIpPortIp, kInet, {}, false, false},
           Case{"hash:net,port", SetType::kHashNetPort, kInet, {}, false, false},
       }) {
    SCOPED_TRACE(test.name);
    SetHeader header{.type = test.type, .family = test.family, .options = test.options};
    header.elements = 1;
    EXPECT_EQ(can_be_drawer(header), test.filled);
    header.elements = 0;
    EXPECT_EQ(can_be_drawer(header), test.empty);
    header.elements.reset();
    EXPECT_EQ(can_be_drawer(header), test.empty) << "an old kernel does not tell the number";
  }
  EXPECT_FALSE(can_be_drawer(SetHeader{.family = kInet, .elements = 1})) << "a type nobody knows";
}

}  // namespace
}  // namespace ipsetkv::format
