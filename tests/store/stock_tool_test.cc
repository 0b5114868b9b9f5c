// SPDX-License-Identifier: MIT
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <random>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "ipsetkv/store.h"
#include "store/store_fixture.h"
#include "store/values.h"

namespace ipsetkv::tests {
namespace {

using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

using StockToolTest = StoreTest;

/// The addresses of a text by the essay's rule: four bytes each, padded with zeros.
std::vector<std::string> essay_addresses(std::string text) {
  text.resize((text.size() + 3) / 4 * 4);
  std::vector<std::string> addresses;
  for (std::size_t at = 0; at < text.size(); at += 4) {
    std::string address;
    for (std::size_t byte = at; byte < at + 4; ++byte)
      address += (byte == at ? "" : ".") +
                 std::to_string(static_cast<unsigned>(static_cast<unsigned char>(text[byte])));
    addresses.push_back(address);
  }
  return addresses;
}

/// Adds elements as the essay does: one `ipset` command for each, in any order.
void add_as_the_essay(const std::string& key, const std::string& text) {
  const auto addresses = essay_addresses(text);
  std::vector<std::string> elements;
  for (std::size_t port = 0; port < addresses.size(); ++port)
    elements.push_back(addresses[port] + "," + std::to_string(port));
  std::shuffle(elements.begin(), elements.end(), std::mt19937(1));
  for (const std::string& element : elements) ipset("add " + key + " " + element);
}

/// Writes a value as the essay does, over any old one.
void write_as_the_essay(const std::string& key, const std::string& text) {
  ipset("-exist create " + key + " hash:ip,port");
  ipset("flush " + key);
  add_as_the_essay(key, text);
}

/// Reads a value as the essay does: sorts members by port, joins their bytes, strips zeros.
std::string read_as_the_essay(const std::string& key) {
  const std::string listing = ipset("list " + key);
  std::istringstream members(listing.substr(listing.find("Members:\n") + 9));
  std::map<int, std::string> chunks;
  for (std::string member; std::getline(members, member);) {
    std::istringstream numbers(member);
    std::string& chunk = chunks[std::stoi(member.substr(member.rfind(':') + 1))];
    for (std::string number; std::getline(numbers, number, chunk.size() == 3 ? ',' : '.');) {
      chunk += static_cast<char>(std::stoi(number));
      if (chunk.size() == 4) break;
    }
  }
  std::string text;
  for (const auto& [port, chunk] : chunks) text += chunk;
  text.resize(text.find_last_not_of('\0') + 1);
  return text;
}

TEST_F(StockToolTest, AddsElementsThatTheStoreReads) {
  ipset("create pencil hash:ip,port");
  ipset("add pencil 98.121.32.104,0");
  ipset("add pencil 97.110.100.0,1");
  Store store = open();
  expect_value(store, "pencil", "by hand");
  EXPECT_TRUE(store.exists("pencil").value());
  EXPECT_THAT(store.keys().value(), ElementsAre("pencil"));
  EXPECT_EQ(store.info("pencil").value().value().value_bytes, 7U);
}

TEST_F(StockToolTest, AddsEveryProtocolThatTheStoreReads) {
  ipset("create k hash:ip,port");
  Store store = open();
  expect_value(store, "k", "");
  const struct {
    std::string name;
    std::vector<std::string> elements;
    std::string value;
  } cases[] = {
      {"tcp", {"110.111.116.101,tcp:0", "98.111.111.107,tcp:1"}, "notebook"},
      {"one zero byte", {"0.0.0.3,sctp:0"}, std::string(1, '\0')},
      {"a zero byte at the end", {"97.98.99.100,tcp:0", "101.0.0.2,sctp:1"}, {"abcde\0", 6}},
      {"four zero bytes", {"0.0.0.1,icmp:0/0"}, std::string(4, '\0')},
      {"a name of icmp", {"97.98.99.100,tcp:0", "0.0.0.1,icmp:0/1"}, {"abcd\0\0\0\0", 8}},
      {"zero bytes of tcp at the end", {"97.98.0.0,tcp:0", "0.0.0.99,tcp:1"}, {"ab\0\0\0\0\0c", 8}},
  };
  for (const auto& [name, elements, value] : cases) {
    SCOPED_TRACE(name);
    ipset("flush k");
    for (const std::string& element : elements) ipset("add k " + element);
    expect_value(store, "k", value);
  }
}

TEST_F(StockToolTest, WritesTheEssaysWayAndTheStoreReads) {
  Store store = open();
  for (const std::string text : {"notebook", "gomugomu", "a", "", "five5", "a longer sentence."}) {
    SCOPED_TRACE(text);
    write_as_the_essay("drawer", text);
    expect_value(store, "drawer", text);
  }
}

TEST_F(StockToolTest, CanOverwriteAValueTheEssaysWay) {
  Store store = open();
  for (const std::string text : {"notebook", "x", "", "a much longer sentence than before"}) {
    SCOPED_TRACE(text);
    expect_set(store, "drawer", "written by the store");
    write_as_the_essay("drawer", text);
    expect_value(store, "drawer", text);
    // The store and the stock tool write alternately.
    expect_set(store, "drawer", "again by the store");
    expect_value(store, "drawer", "again by the store");
  }
}

TEST_F(StockToolTest, CanOverwriteAValueWithADeadlineOrInCommentsTheEssaysWay) {
  Store store = open();
  const SetOptions expiring{.expire_at = deadline_in(std::chrono::hours(1))};
  for (const std::string& before : {std::string("short"), std::string(600, 'x')}) {
    for (const SetOptions& options : {SetOptions{}, expiring}) {
      for (const std::string text : {"notebook", "x", "a much longer sentence than before"}) {
        SCOPED_TRACE(text + " over " + std::to_string(before.size()) + " bytes");
        ASSERT_TRUE(store.set("drawer", before, options));
        // The essay's `create` fails, because the set has other options; the next commands succeed.
        ipset("flush drawer");
        add_as_the_essay("drawer", text);
        expect_value(store, "drawer", text);
        EXPECT_EQ(read_as_the_essay("drawer"), text);
        const auto info = store.info("drawer");
        ASSERT_TRUE(info && *info);
        EXPECT_EQ((*info)->deadline, std::nullopt);
        EXPECT_EQ((*info)->layout, "ipv4");
      }
    }
  }
}

TEST_F(StockToolTest, CanRecreateAKeyRightAfterTheStore) {
  Store store = open();
  expect_set(store, "drawer", "notebook");
  ipset("destroy drawer");
  expect_missing(store, "drawer");
  expect_set(store, "drawer", "pencil");
  ipset("destroy drawer");
  write_as_the_essay("drawer", "rubber");
  expect_set(store, "drawer", "ruler");
  expect_value(store, "drawer", "ruler");
  ipset("rename drawer cupboard");
  expect_set(store, "drawer", "compasses");
  expect_value(store, "drawer", "compasses");
  expect_value(store, "cupboard", "ruler");
}

TEST_F(StockToolTest, CanDestroyEverythingUnderAnOpenStore) {
  Store store = open();
  for (int round = 0; round < 3; ++round) {
    expect_set(store, "drawer", "notebook");
    expect_set(store, "drawer", "pencil");
    ipset("destroy");
    expect_missing(store, "drawer");
    EXPECT_THAT(store.keys().value(), IsEmpty());
  }
  expect_set(store, "drawer", "rubber");
  ipset("flush");
  expect_value(store, "drawer", "");
  expect_set(store, "drawer", "ruler");
  expect_value(store, "drawer", "ruler");
}

TEST_F(StockToolTest, ShowsTextAsPlainAddresses) {
  Store store = open();
  expect_set(store, "drawer", "notebook");
  EXPECT_THAT(ipset("list -sorted drawer"),
              EndsWith("Members:\n98.111.111.107,tcp:1\n110.111.116.101,tcp:0\n"));
  expect_set(store, "drawer", "pencil");
  EXPECT_THAT(ipset("list -sorted drawer"),
              EndsWith("Members:\n105.108.0.0,tcp:1\n112.101.110.99,tcp:0\n"));
  expect_set(store, "drawer", "");
  EXPECT_THAT(ipset("list drawer"), EndsWith("Number of entries: 0\nMembers:\n"));
  EXPECT_EQ(listed("drawer", "Type"), "hash:ip,port");
}

TEST_F(StockToolTest, ShowsTheExceptionsForZeroBytes) {
  Store store = open();
  const struct {
    std::string value;
    std::string members;
  } cases[] = {
      {std::string(1, '\0'), "0.0.0.3,sctp:0\n"},
      {{"abc\0", 4}, "97.98.99.0,sctp:0\n"},
      {{"abcd\0", 5}, "0.0.0.3,sctp:1\n97.98.99.100,tcp:0\n"},
      {{"\0\0\0\0abcd", 8}, "0.0.0.1,icmp:echo-reply\n97.98.99.100,tcp:1\n"},
      {{"abcd\0\0\0\0", 8}, "0.0.0.1,icmp:0/1\n97.98.99.100,tcp:0\n"},
  };
  for (const auto& [value, members] : cases) {
    SCOPED_TRACE(members);
    expect_set(store, "drawer", value);
    EXPECT_THAT(ipset("list -sorted drawer"), EndsWith("Members:\n" + members));
  }
}

TEST_F(StockToolTest, ReadsEveryTextTheEssaysWay) {
  Store store = open();
  std::string text;
  for (int length = 0; length < 40; ++length) {
    expect_set(store, "drawer", text);
    EXPECT_EQ(read_as_the_essay("drawer"), text);
    text += static_cast<char>('a' + length % 26);
  }
  const std::string longer(5'000, 'x');
  ASSERT_TRUE(store.set("drawer", longer, SetOptions{.layout = Layout::kIpv4}));
  EXPECT_EQ(read_as_the_essay("drawer"), longer);
}

TEST_F(StockToolTest, TransfersEveryValueToAnotherNamespace) {
  auto values = awkward_values();
  for (const auto& value : longest_values()) values.push_back(value);
  for (char byte = '!'; byte <= '~'; ++byte)
    if (byte != '"') values.push_back({std::string("k") + byte, std::string("value of ") + byte});
  Store here = open();
  for (const auto& [name, value] : values) expect_set(here, name, value);
  const std::string saved = saved_sets();

  enter_private_namespace();
  ASSERT_THAT(set_names(), IsEmpty());
  ipset("restore", saved);
  Store there = open();
  for (const auto& [name, value] : values) {
    SCOPED_TRACE(name);
    expect_value(there, name, value);
    expect_set(there, name, "x" + value.substr(0, 100));
    expect_value(there, name, "x" + value.substr(0, 100));
  }
}

TEST_F(StockToolTest, TransfersValuesThatLookLikeItsOptions) {
  const std::string longer(239, 'x');
  std::vector<NamedValue> values;
  for (const std::string option :
       {"!", "exist",  "f", "file",  "n", "name", "o", "output",  "q", "quiet", "r", "resolve",
        "s", "sorted", "t", "terse", "h", "help", "v", "version", ""})
    for (const std::string minus : {"-", "--", "---"}) {
      values.push_back({minus + option, minus + option});
      values.push_back({longer + minus + option, longer + minus + option});
    }
  Store here = open();
  for (const auto& [name, value] : values)
    ASSERT_TRUE(here.set(name, value, SetOptions{.layout = Layout::kComment}));
  const std::string saved = saved_sets();

  enter_private_namespace();
  ipset("restore", saved);
  Store there = open();
  for (const auto& [name, value] : values) expect_value(there, name, value);
}

TEST_F(StockToolTest, CanGiveASetOptionsThatTheNextValueRemoves) {
  Store store = open();
  for (const std::string options :
       {"timeout 1000", "counters", "skbinfo", "forceadd", "maxelem 3", "hashsize 4096"}) {
    SCOPED_TRACE(options);
    ipset("create drawer hash:ip,port " + options);
    ipset("add drawer 110.111.116.101,tcp:0");
    expect_value(store, "drawer", "note");
    expect_set(store, "drawer", "notebook");
    expect_value(store, "drawer", "notebook");
    for (int round = 0; round < 3; ++round) {
      expect_set(store, "drawer", "pencil");
      expect_set(store, "another", "rubber");
      for (const std::string key : {"drawer", "another"})
        for (const char* option : {"timeout", "counters", "skbinfo", "forceadd", "maxelem 3 "})
          EXPECT_THAT(listed(key, "Header") + " ", Not(HasSubstr(option)));
    }
    EXPECT_TRUE(store.del("drawer").value());
    EXPECT_TRUE(store.del("another").value());
  }
}

TEST_F(StockToolTest, CanChangeElementsRightAfterTheStore) {
  Store store = open();
  expect_set(store, "drawer", "notebook");
  ipset("del drawer 98.111.111.107,1");
  expect_value(store, "drawer", "note");
  expect_set(store, "drawer", "pencil");
  ipset("add drawer 115.0.0.0,2");
  expect_value(store, "drawer", std::string_view("pencil\0\0s", 9));
  expect_set(store, "drawer", "rubber");
  expect_value(store, "drawer", "rubber");
}

}  // namespace
}  // namespace ipsetkv::tests
