// SPDX-License-Identifier: MIT

// docs/format-vectors.json, in both directions: what is written equals the vector, and the vector
// is read back as what it was written from. The file was made by an independent program that knows
// only docs/format.md, so it checks the document as well as the code.

#include <gtest/gtest.h>

#include <array>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "format/archive_reader.h"
#include "format/archive_writer.h"
#include "format/bucket_form.h"
#include "format/drawer_form.h"
#include "format/key.h"
#include "format/moment.h"
#include "format/own_names.h"
#include "format/pair.h"
#include "format/table_head.h"
#include "format/table_name.h"
#include "format/text.h"
#include "support/hex.h"

namespace ipsetkv::format {
namespace {

using nlohmann::json;
using tests::as_bytes;
using tests::as_text;
using tests::to_hex;

json read_vectors() {
  std::ifstream file(IPSETKV_FORMAT_VECTORS);
  json document = json::parse(file);
  EXPECT_EQ(document.at("form"), "ipsetkv format vectors 1");
  return document;
}

/// The vectors of one kind, of which there must be some.
const json& vectors(const char* kind) {
  static const json document = read_vectors();
  EXPECT_FALSE(document.at(kind).empty());
  return document.at(kind);
}

/// A string of bytes: FIELD as text, or FIELD_hex.
std::string bytes_of(const json& vector, const std::string& field) {
  if (vector.contains(field)) return vector.at(field);
  const auto bytes = tests::from_hex(vector.at(field + "_hex").get<std::string>());
  return std::string(as_text(bytes));
}

std::optional<Moment> deadline_of(const json& vector) {
  if (!vector.contains("deadline_ms")) return std::nullopt;
  return moment_at(vector.at("deadline_ms"));
}

Kind kind_of(std::string_view layout) {
  for (const auto kind : {Kind::kIpv4, Kind::kIpv6, Kind::kComment, Kind::kCounters})
    if (kind_name(kind) == layout) return kind;
  ADD_FAILURE() << "unknown layout " << layout;
  return Kind::kIpv4;
}

/// The set of a vector as saved text that is complete.
std::string text_of(const json& vector) {
  const std::string set = vector.at("set");
  std::string text =
      "# ipsetkv archive 1\ncreate " + set + " " + vector.at("create").get<std::string>() + "\n";
  for (const std::string element : vector.at("elements"))
    text += "add " + set + " " + element + "\n";
  return text + "# ipsetkv elements " + std::to_string(vector.at("elements").size()) +
         "\n# ipsetkv end 1\n";
}

/// An element of a table's sets: its address, then its comment.
std::string element_text(const ipset::Address& address, std::string_view comment) {
  return address.to_string().append(" comment \"").append(comment).append("\"");
}

/// The comment in the text of an element.
std::string comment_in(const std::string& element) {
  const std::size_t begin = element.find('"') + 1;
  return element.substr(begin, element.rfind('"') - begin);
}

TEST(FormatVectors, DrawersAreWrittenAsTheySay) {
  for (const json& vector : vectors("drawers")) {
    SCOPED_TRACE(vector.at("name"));
    const std::string key = bytes_of(vector, "key");
    const std::string value = bytes_of(vector, "value");
    const auto place = place_of(key);
    ASSERT_TRUE(place) << place.error().message();
    EXPECT_EQ(place->name.view(), vector.at("set").get<std::string>());
    EXPECT_EQ(place->stripe, vector.at("stripe"));

    DrawerContent content{.value = as_bytes(value),
                          .kind = kind_of(vector.at("layout").get<std::string>()),
                          .key = place->key_inside,
                          .deadline = deadline_of(vector)};
    if (content.deadline)
      content.life = timeout_until(*content.deadline, moment_at(vector.at("written_at_ms")));
    std::string text;
    const ArchiveWriter::Write append = [&](std::string_view piece) -> Result<void> {
      text += piece;
      return {};
    };
    ArchiveWriter writer(append);
    ASSERT_TRUE(writer.add(place->name.view(), content));
    ASSERT_TRUE(writer.finish());
    EXPECT_EQ(text, text_of(vector));
  }
}

TEST(FormatVectors, DrawersAreReadAsTheySay) {
  for (const json& vector : vectors("drawers")) {
    SCOPED_TRACE(vector.at("name"));
    int keys = 0;
    const ArchiveReader::Take take = [&](const ArchivedKey& key) -> Result<void> {
      ++keys;
      EXPECT_EQ(key.key, bytes_of(vector, "key"));
      EXPECT_EQ(key.value, bytes_of(vector, "value"));
      EXPECT_EQ(kind_name(key.kind), vector.at("layout").get<std::string>());
      EXPECT_EQ(key.deadline, deadline_of(vector));
      return {};
    };
    ArchiveReader reader({}, take);
    const auto fed = reader.feed(text_of(vector));
    ASSERT_TRUE(fed) << fed.error().message();
    const auto finished = reader.finish();
    ASSERT_TRUE(finished) << finished.error().message();
    EXPECT_EQ(keys, 1);
  }
}

TEST(FormatVectors, TheStoresOwnSetsAreNamedAsTheySay) {
  for (const json& vector : vectors("own_names")) {
    const std::uint32_t port_id = vector.at("port_id");
    const std::uint32_t stripe = vector.at("stripe");
    for (const auto& [field, name] :
         {std::pair("spare", spare_name(port_id)), std::pair("held", held_name(port_id, stripe)),
          std::pair("lock", lock_name(stripe)), std::pair("wait", wait_marker_name(stripe)),
          std::pair("new", new_set_name(stripe)), std::pair("mixed", mixed_marker_name(stripe))}) {
      EXPECT_EQ(name.view(), vector.at(field).get<std::string>());
      EXPECT_FALSE(can_be_key(name.view())) << field;
    }
    const auto spare = owner_of(vector.at("spare").get<std::string>());
    ASSERT_TRUE(spare);
    EXPECT_EQ(spare->port, port_id);
    EXPECT_FALSE(spare->stripe);
    const auto held = owner_of(vector.at("held").get<std::string>());
    ASSERT_TRUE(held);
    EXPECT_EQ(held->port, port_id);
    EXPECT_EQ(held->stripe, stripe);
  }
}

TEST(FormatVectors, TextIsEscapedAsTheySay) {
  for (const json& vector : vectors("escaped_text")) {
    const std::string bytes = bytes_of(vector, "bytes");
    const std::string comment = bytes_of(vector, "comment");
    SCOPED_TRACE(comment);
    std::array<char, kTextBytes> room{};
    const auto escaped = text::escape(bytes, room);
    ASSERT_TRUE(escaped);
    EXPECT_EQ(std::string_view(room.data(), *escaped), comment);
    const auto unescaped = text::unescape(comment, room.data());
    EXPECT_EQ(std::string_view(room.data(), unescaped.bytes), bytes);
    EXPECT_EQ(unescaped.mark, 0);
  }
}

TEST(FormatVectors, PairsAreWrittenAndReadAsTheySay) {
  PairDecoder decoder;
  for (const json& vector : vectors("pairs")) {
    const std::string comment = bytes_of(vector, "comment");
    SCOPED_TRACE(comment);
    const bool is_long = vector.contains("set");
    const std::string set = is_long ? vector.at("set") : "";
    const std::string key = is_long ? "" : bytes_of(vector, "key");
    const std::string value = is_long ? "" : bytes_of(vector, "value");
    const Pair pair{
        .key = key, .value = value, .set = ipset::SetName(set), .deadline = deadline_of(vector)};
    ipset::Comment written;
    ASSERT_TRUE(encode_pair(pair, written));
    EXPECT_EQ(written.view(), comment);
    const auto read = decoder.decode(comment);
    ASSERT_TRUE(read);
    EXPECT_EQ(read->key, key);
    EXPECT_EQ(read->value, value);
    EXPECT_EQ(read->set.view(), set);
    EXPECT_EQ(read->deadline, deadline_of(vector));
  }
}

TableSecret secret_of(const json& table) {
  return TableSecret::from(tests::from_hex(table.at("secret_hex").get<std::string>())).value();
}

TableNames names_of(const json& table) {
  TableNames names(table.at("table").get<std::string>(), table.at("port_id"));
  names.set_generation(table.at("generation"));
  return names;
}

/// What a set's name says, which must be a set of this table.
TableSet parsed(const json& table, const std::string& name) {
  const auto set = parse_table_set(name);
  EXPECT_TRUE(set) << name;
  if (!set) return {};
  EXPECT_EQ(set->table, table.at("table").get<std::string>());
  if (set->kind != TableSet::Kind::kHead) {
    EXPECT_EQ(set->generation, table.at("generation"));
  }
  return *set;
}

TEST(FormatVectors, TablesHaveTheHeadThatTheySay) {
  for (const json& table : vectors("tables")) {
    const TableSecret secret = secret_of(table);
    EXPECT_EQ(secret.generation(), table.at("generation"));
    EXPECT_EQ(element_text(secret.address(), kTableForm),
              table.at("secret_element").get<std::string>());
    EXPECT_EQ(names_of(table).head().view(), table.at("head").get<std::string>());
    EXPECT_EQ(parsed(table, table.at("head")).kind, TableSet::Kind::kHead);
  }
  for (const json& vector : vectors("marks")) {
    const TableMark mark =
        vector.at("mark") == "deadlines" ? TableMark::kDeadlines : TableMark::kLongPairs;
    const std::string element = vector.at("element");
    EXPECT_EQ(element_text(address_of(mark), comment_of(mark, moment_at(vector.at("at_ms")))),
              element);
    EXPECT_EQ(set_at(mark, comment_in(element)), moment_at(vector.at("at_ms")));
  }
}

TEST(FormatVectors, KeysOfATableLieInTheBucketsThatTheySay) {
  for (const json& table : vectors("tables")) {
    const TableNames names = names_of(table);
    for (const json& vector : table.at("keys")) {
      const std::string key = bytes_of(vector, "key");
      SCOPED_TRACE(key);
      const Digest digest = secret_of(table).digest(key);
      EXPECT_EQ(to_hex(digest),
                to_hex(tests::from_hex(vector.at("digest_hex").get<std::string>())));
      EXPECT_EQ(address_of(digest).to_string(), vector.at("address").get<std::string>());
      EXPECT_EQ(ipset::Address::parse(vector.at("address").get<std::string>()), address_of(digest));
      for (const json& bucket : vector.at("buckets")) {
        const BucketNumber number = bucket.at("number");
        EXPECT_EQ(bucket_at(digest, bucket.at("depth")), number);
        EXPECT_TRUE(belongs_to(digest, number));
        EXPECT_EQ(names.bucket(number).view(), bucket.at("set").get<std::string>());
        const TableSet set = parsed(table, bucket.at("set"));
        EXPECT_EQ(set.kind, TableSet::Kind::kBucket);
        EXPECT_EQ(set.state, BucketState::kOpen);
        EXPECT_EQ(set.bucket, number);
      }
    }
  }
}

BucketState state_of(const std::string& word) {
  if (word == "locked") return BucketState::kLocked;
  if (word == "filling") return BucketState::kFilling;
  if (word == "split") return BucketState::kSplit;
  EXPECT_EQ(word, "merged");
  return BucketState::kMerged;
}

TEST(FormatVectors, OtherSetsOfATableAreNamedAsTheySay) {
  for (const json& table : vectors("tables")) {
    const TableNames names = names_of(table);
    for (const json& vector : table.at("states")) {
      const BucketState state = state_of(vector.at("state"));
      const std::string name = vector.at("set");
      EXPECT_EQ(names.bucket(vector.at("bucket"), state).view(), name);
      const TableSet set = parsed(table, name);
      EXPECT_EQ(set.kind, TableSet::Kind::kBucket);
      EXPECT_EQ(set.bucket, vector.at("bucket"));
      EXPECT_EQ(set.state, state);
      EXPECT_EQ(set.port_id, table.at("port_id"));
    }
    EXPECT_EQ(names.long_index().view(), table.at("long_index").get<std::string>());
    EXPECT_EQ(parsed(table, table.at("long_index")).kind, TableSet::Kind::kLongIndex);
    for (const json& vector : table.at("long_pairs")) {
      const std::string name = vector.at("set");
      EXPECT_EQ(names.long_pair(vector.at("number")).view(), name);
      const TableSet set = parsed(table, name);
      EXPECT_EQ(set.kind, TableSet::Kind::kLongPair);
      EXPECT_EQ(set.port_id, table.at("port_id"));
    }
  }
}

TEST(FormatVectors, BucketsAreSplitAndMergedAtTheLimitsThatTheySay) {
  const json& limits = vectors("bucket_limits");
  ASSERT_EQ(limits.size(), kMaxDepth + 1);
  for (const json& vector : limits) {
    const unsigned depth = vector.at("depth");
    SCOPED_TRACE(depth);
    // The deepest buckets are not split, however full.
    EXPECT_EQ(vector.at("split_above").is_null(), depth == kMaxDepth);
    if (depth < kMaxDepth) {
      EXPECT_EQ(most_keys(depth), vector.at("split_above"));
    }
    EXPECT_EQ(least_keys(depth), vector.at("merge_below"));
  }
}

}  // namespace
}  // namespace ipsetkv::format
