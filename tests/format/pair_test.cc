// SPDX-License-Identifier: MIT
#include "format/pair.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <random>
#include <string>

#include "support/corruption.h"

namespace ipsetkv::format {
namespace {

using namespace std::string_view_literals;

constexpr Moment kDeadline = moment_at(1'764'000'000'123);

/// The comment of the pair, which has to fit.
std::string comment_of(const Pair& pair) {
  ipset::Comment comment;
  EXPECT_TRUE(encode_pair(pair, comment));
  return std::string(comment.view());
}

void expect_read_back(const Pair& pair) {
  const std::string comment = comment_of(pair);
  SCOPED_TRACE(testing::PrintToString(comment));
  PairDecoder decoder;
  const auto read = decoder.decode(comment);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->key, pair.key);
  EXPECT_EQ(read->value, pair.value);
  EXPECT_EQ(read->set.view(), pair.set.view());
  EXPECT_EQ(read->deadline, pair.deadline);
}

TEST(Pair, StoresTheWorkedExamplesOfTheFormat) {
  const struct {
    Pair pair;
    std::string_view comment;
  } cases[] = {
      {{.key = "drawer", .value = "notebook", .set = {}, .deadline = {}}, "drawer\\=notebook"},
      {{.key = "drawer", .value = "", .set = {}, .deadline = {}}, "drawer\\="},
      {{.key = "drawer", .value = "x", .set = {}, .deadline = kDeadline},
       "drawer\\=x\\@1764000000123"},
      {{.key = "a=b@c", .value = ">\\=", .set = {}, .deadline = {}}, "a=b@c\\=>\\\\="},
      {{.key = "\0"sv, .value = "\"\n", .set = {}, .deadline = {}}, "\\0\\=\\q\\n"},
  };
  for (const auto& [pair, comment] : cases) {
    EXPECT_EQ(comment_of(pair), comment);
    expect_read_back(pair);
  }
}

TEST(Pair, NamesTheSetOfALongPair) {
  Pair pair;
  pair.set = "~!31000:abctable"sv;
  EXPECT_EQ(comment_of(pair), "\\>~!31000:abctable");
  expect_read_back(pair);
  pair.deadline = kDeadline;
  EXPECT_EQ(comment_of(pair), "\\>~!31000:abctable\\@1764000000123");
  expect_read_back(pair);
}

TEST(Pair, KeepsEveryByteAnywhere) {
  for (int code = 0; code < 256; ++code) {
    const std::string byte(1, static_cast<char>(code));
    for (const std::string& bytes : {byte, byte + "x", "x" + byte, byte + byte})
      for (const auto& deadline : {std::optional<Moment>(), std::optional(kDeadline)}) {
        expect_read_back({.key = bytes, .value = "v", .set = {}, .deadline = deadline});
        expect_read_back({.key = "k", .value = bytes, .set = {}, .deadline = deadline});
      }
  }
}

TEST(Pair, KeepsEveryDeadline) {
  for (const Moment deadline : {moment_at(0), moment_at(1), kDeadline, Moment::max()})
    expect_read_back({.key = "k", .value = "v", .set = {}, .deadline = deadline});
}

TEST(Pair, FitsUpToTheLastByteOfAComment) {
  const std::string key(16, 'k');
  const std::string longest(ipset::kMaxCommentBytes - key.size() - 2, 'v');
  expect_read_back({.key = key, .value = longest, .set = {}, .deadline = {}});
  ipset::Comment comment;
  EXPECT_FALSE(
      encode_pair({.key = key, .value = longest + "v", .set = {}, .deadline = {}}, comment));
  EXPECT_FALSE(
      encode_pair({.key = key, .value = longest, .set = {}, .deadline = kDeadline}, comment));
  // What is written as two bytes takes the room of two.
  EXPECT_FALSE(encode_pair(
      {.key = key, .value = longest.substr(1) + "\n", .set = {}, .deadline = {}}, comment));
  expect_read_back({.key = key, .value = longest.substr(2) + "\n", .set = {}, .deadline = {}});
  EXPECT_FALSE(encode_pair(
      {.key = std::string(70'000, 'k'), .value = "", .set = {}, .deadline = {}}, comment));
}

TEST(Pair, RejectsCommentsThatNoEncoderWrote) {
  PairDecoder decoder;
  for (const std::string_view comment : {"",
                                         "drawer",
                                         "\\=value",
                                         "drawer\\=x\\=y",
                                         "drawer\\@1",
                                         "drawer\\=x\\@",
                                         "drawer\\=x\\@x",
                                         "drawer\\=x\\@1 ",
                                         "drawer\\=x\\@-1",
                                         "drawer\\=x\\@18446744073709551616",
                                         "drawer\\",
                                         "\\",
                                         "drawer\\=\\",
                                         "drawer\\z\\=x",
                                         "\\>",
                                         "\\>\\@1",
                                         "\\>set\\@",
                                         "\\>set\\=x",
                                         "\\>set\\",
                                         "\\>set\\@1x",
                                         "\\>two words",
                                         "\\>\x80",
                                         "\\>a name of more than thirty-one bytes",
                                         "drawer\\>set",
                                         "drawer\\=\\>set"})
    EXPECT_FALSE(decoder.decode(comment)) << comment;
  EXPECT_FALSE(decoder.decode(std::string(ipset::kMaxCommentBytes + 1, 'x')));
  EXPECT_FALSE(decoder.decode("k\\=" + std::string(ipset::kMaxCommentBytes, 'x')));
}

TEST(Pair, RoundTripsRandomPairs) {
  const std::uint32_t seed = tests::test_seed();
  SCOPED_TRACE("IPSETKV_TEST_SEED=" + std::to_string(seed));
  std::mt19937 random(seed);
  const auto bytes = [&](std::size_t length) {
    std::string text(length, '\0');
    for (char& byte : text) byte = static_cast<char>(random() % (random() % 2 == 0 ? 256 : 4));
    return text;
  };
  int fitted = 0;
  for (int round = 0; round < 20'000 && !testing::Test::HasFailure(); ++round) {
    const std::string key = bytes(1 + random() % 100);
    const std::string value = bytes(random() % 250);
    Pair pair{.key = key, .value = value, .set = {}, .deadline = {}};
    if (random() % 2 == 0) pair.deadline = moment_at(random());
    ipset::Comment comment;
    if (!encode_pair(pair, comment)) continue;
    ++fitted;
    EXPECT_EQ(comment.view().find_first_of("\n\"\0"sv), std::string_view::npos);
    expect_read_back(pair);
  }
  EXPECT_GT(fitted, 1'000);
}

TEST(Pair, HasTheDigestOfItsAddress) {
  Digest digest{};
  for (std::size_t at = 0; at < digest.size(); ++at) digest[at] = static_cast<std::byte>(at + 1);
  ipset::Element element;
  element.ip = address_of(digest);
  const ipset::ElementView view(element);
  EXPECT_TRUE(has_digest(view, digest));
  EXPECT_EQ(digest_of(view), digest);
  Digest other = digest;
  other.back() = std::byte{0};
  EXPECT_FALSE(has_digest(view, other));
  element.ip = ipset::Address::parse("1.2.3.4");
  EXPECT_EQ(digest_of(ipset::ElementView(element)), std::nullopt);
}

}  // namespace
}  // namespace ipsetkv::format
