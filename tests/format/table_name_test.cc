// SPDX-License-Identifier: MIT
#include "format/table_name.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <string_view>

#include "format/key.h"
#include "store/tables/head.h"

namespace ipsetkv::format {
namespace {

using Kind = TableSet::Kind;

constexpr std::uint32_t kPort = 0x89ab'cdef;
constexpr BucketState kTaken[] = {BucketState::kLocked, BucketState::kFilling, BucketState::kSplit,
                                  BucketState::kMerged};

TableNames names_of(std::string_view table, std::uint32_t generation = 0x1234) {
  TableNames names(table, kPort);
  names.set_generation(generation);
  return names;
}

TEST(TableName, IsShortAndOfFewCharacters) {
  for (const std::string_view name : {"t", "sessions", "A.b_9", "twelve_bytes", ".", "_"})
    EXPECT_TRUE(is_table_name(name)) << name;
  for (const std::string_view name :
       {"", "thirteen_byte", "two words", "a-b", "a:b", "~", "a\n", "\xc3\xa4"})
    EXPECT_FALSE(is_table_name(name)) << name;
}

// The worked examples of docs/format.md.
TEST(TableName, IsPartOfTheNamesOfItsSets) {
  const TableNames names = names_of("cache");
  EXPECT_EQ(names.head().view(), "~:cache");
  EXPECT_EQ(names.bucket(1).view(), "~1:4hkcache");
  EXPECT_EQ(names.bucket(0x123).view(), "~321:4hkcache");
  EXPECT_EQ(names.bucket(0x123, BucketState::kLocked).view(), "~321-89abcdef:4hkcache");
  EXPECT_EQ(names.bucket(2, BucketState::kFilling).view(), "~2+89abcdef:4hkcache");
  EXPECT_EQ(names.long_index().view(), "~!:4hkcache");
  EXPECT_EQ(names.long_pair(0x1f).view(), "~!f189abcdef:4hkcache");
  EXPECT_EQ(names.of(7).long_pair(0).view(), "~!000000007:4hkcache");
}

void expect_parsed(const ipset::SetName& name, const TableSet& expected) {
  SCOPED_TRACE(name.view());
  const auto set = parse_table_set(name.view());
  ASSERT_TRUE(set);
  EXPECT_EQ(set->table, expected.table);
  EXPECT_EQ(set->kind, expected.kind);
  EXPECT_EQ(set->generation, expected.generation);
  EXPECT_EQ(set->bucket, expected.bucket);
  EXPECT_EQ(set->state, expected.state);
  EXPECT_EQ(set->port_id, expected.port_id);
}

TEST(TableName, IsParsedFromTheNamesOfItsSets) {
  for (const std::string_view table : {"t", "twelve_bytes", "1", "f", "...", "0"})
    for (const std::uint32_t generation : {0U, 1U, TableNames::kGenerations - 1}) {
      const TableNames names = names_of(table, generation);
      expect_parsed(names.head(), {.table = table});
      TableSet expected{.table = table, .kind = Kind::kLongIndex, .generation = generation};
      expect_parsed(names.long_index(), expected);
      expected.kind = Kind::kLongPair;
      expected.port_id = kPort;
      for (const std::uint32_t number : {0U, 1U, 0x10U, TableNames::kLongPairs - 1})
        expect_parsed(names.long_pair(number), expected);
      expected.kind = Kind::kBucket;
      for (const BucketNumber bucket : {1U, 2U, 15U, 16U, 0x1'0000U, 0x1'ffffU}) {
        expected.bucket = bucket;
        for (const BucketState state : kTaken) {
          expected.state = state;
          expected.port_id = kPort;
          expect_parsed(names.bucket(bucket, state), expected);
        }
        expected.state = BucketState::kOpen;
        expected.port_id = 0;
        expect_parsed(names.bucket(bucket), expected);
      }
    }
}

TEST(TableName, MakesNoTwoEqualNames) {
  std::set<std::string> seen;
  const auto is_new = [&](const ipset::SetName& name) { return seen.emplace(name.view()).second; };
  // One ends with what is the other's generation.
  for (const std::string_view table : {"t", "1t", "4hkt", "f"}) {
    const TableNames names = names_of(table);
    EXPECT_TRUE(is_new(names.head()));
    EXPECT_TRUE(is_new(names.long_index()));
    for (std::uint32_t number = 0; number < 600; ++number)
      EXPECT_TRUE(is_new(names.long_pair(number)));
    for (BucketNumber bucket = 1; bucket < 600; ++bucket) {
      EXPECT_TRUE(is_new(names.bucket(bucket)));
      for (const BucketState state : kTaken) EXPECT_TRUE(is_new(names.bucket(bucket, state)));
    }
  }
  for (const std::string& name : seen) {
    EXPECT_LE(name.size(), ipset::SetName::kLimit);
    EXPECT_FALSE(can_be_key(name)) << name;
  }
}

TEST(TableName, IsNotFoundInOtherNames) {
  for (const std::string_view name : {"",
                                      "~",
                                      "~:",
                                      "cache",
                                      ":cache",
                                      "~lock-1",
                                      "~new-1",
                                      "~key-0123456789abcdef012345678",
                                      "~1:4hk",
                                      "~1:4h",
                                      "~1:4h?cache",
                                      "~1:4hwcache",
                                      "~0:4hkcache",
                                      "~10:4hkcache",
                                      "~g:4hkcache",
                                      "~1-89abcde:4hkcache",
                                      "~1-89abcdef0:4hkcache",
                                      "~1*89abcdef:4hkcache",
                                      "~-89abcdef:4hkcache",
                                      "~!89abcdef:4hkcache",
                                      "~!x89abcdef:4hkcache",
                                      "~:two words",
                                      "~:thirteen_byte",
                                      "~00002:4hkcache",
                                      "~000002:4hkcache",
                                      "x~:cache"})
    EXPECT_FALSE(parse_table_set(name)) << name;
}

TEST(TableName, GivesEachDigestOneBucketOfEachDepth) {
  Digest digest{};
  digest[0] = std::byte{0b1010'0000};
  digest[1] = std::byte{0xff};
  EXPECT_EQ(bucket_at(digest, 0), 1U);
  EXPECT_EQ(bucket_at(digest, 1), 0b11U);
  EXPECT_EQ(bucket_at(digest, 3), 0b1101U);
  EXPECT_EQ(bucket_at(digest, 16), 0x1'a0ffU);
  for (unsigned depth = 0; depth <= kMaxDepth; ++depth) {
    const BucketNumber bucket = bucket_at(digest, depth);
    EXPECT_EQ(depth_of(bucket), depth);
    EXPECT_TRUE(belongs_to(digest, bucket));
    if (depth > 0) {
      EXPECT_FALSE(belongs_to(digest, bucket ^ 1));
    }
  }
}

TEST(TableSecret, MakesDigestsOfItsOwn) {
  const TableSecret secret = TableSecret::random();
  const TableSecret same = TableSecret::from(secret.address().bytes()).value();
  EXPECT_EQ(same.digest("key"), secret.digest("key"));
  EXPECT_NE(secret.digest("key"), secret.digest("kez"));
  EXPECT_NE(secret.digest("key"), TableSecret::random().digest("key"));
  EXPECT_EQ(same, secret);
  EXPECT_LT(secret.generation(), TableNames::kGenerations);
}

// SipHash-2-4 with 128 bits of the empty text and of a zero byte, under the key 00 01 ... 0f: the
// first two of the vectors that its authors publish (vectors.h, github.com/veorq/SipHash).
TEST(TableSecret, IsTheKeyOfSipHash) {
  std::array<std::byte, TableSecret::kBytes> bytes{};
  for (std::size_t at = 0; at < bytes.size(); ++at) bytes[at] = static_cast<std::byte>(at);
  const TableSecret secret = TableSecret::from(bytes).value();
  constexpr unsigned char kEmpty[] = {0xa3, 0x81, 0x7f, 0x04, 0xba, 0x25, 0xa8, 0xe6,
                                      0x6d, 0xf6, 0x72, 0x14, 0xc7, 0x55, 0x02, 0x93};
  constexpr unsigned char kZero[] = {0xda, 0x87, 0xc1, 0xd8, 0x6b, 0x99, 0xaf, 0x44,
                                     0x34, 0x76, 0x59, 0x11, 0x9b, 0x22, 0xfc, 0x45};
  const auto same = [](const Digest& digest, std::span<const unsigned char> expected) {
    return std::ranges::equal(digest, std::as_bytes(expected));
  };
  EXPECT_TRUE(same(secret.digest(""), kEmpty));
  EXPECT_TRUE(same(secret.digest(std::string_view("\0", 1)), kZero));
}

TEST(TableMark, SaysWhenItWasSet) {
  for (const TableMark mark : {TableMark::kDeadlines, TableMark::kLongPairs}) {
    EXPECT_EQ(set_at(mark, comment_of(mark, moment_at(1'764'000'000'123))),
              moment_at(1'764'000'000'123));
    EXPECT_EQ(set_at(mark, comment_of(mark, moment_at(0))), moment_at(0));
    for (const std::string_view other : {"", "deadlines", "deadlines since ", "long pairs since x",
                                         "deadlines since 1 ", "ipsetkv table 1"})
      EXPECT_EQ(set_at(mark, other), std::nullopt) << other;
  }
  EXPECT_EQ(comment_of(TableMark::kDeadlines, moment_at(5)), "deadlines since 5");
  EXPECT_EQ(set_at(TableMark::kLongPairs, "deadlines since 5"), std::nullopt);
  EXPECT_NE(address_of(TableMark::kDeadlines), address_of(TableMark::kLongPairs));
}

}  // namespace
}  // namespace ipsetkv::format
