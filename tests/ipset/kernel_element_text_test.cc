// SPDX-License-Identifier: MIT
// Elements as the stock `ipset` reads and prints them, and as we do, for every type that this
// kernel has.

#include <gmock/gmock.h>
#include <netinet/in.h>

#include <iostream>
#include <sstream>
#include <string>
#include <vector>

#include "ipset/element_text.h"
#include "ipset/kernel_fixture.h"
#include "support/command.h"

namespace ipsetkv::ipset {
namespace {

using testing::UnorderedElementsAreArray;

std::vector<std::string> words_of(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> words;
  for (std::string word; stream >> word;) words.push_back(word);
  return words;
}

struct TypeCase {
  SetType type;
  Family family;
  std::string options;             ///< Of `ipset create`, besides the family.
  std::vector<std::string> texts;  ///< To add, each to an empty set.
};

std::vector<TypeCase> type_cases() {
  using enum SetType;
  const Family inet = Family::kInet;
  const Family inet6 = Family::kInet6;
  const Family none = Family::kUnspecified;
  return {
      {kBitmapIp,
       inet,
       "range 10.0.0.0/16",
       {"10.0.0.1", "[10.0.0.1]", "10.0.0.1-10.0.0.3", "10.0.0.5/31"}},
      {kBitmapIp, inet, "range 10.0.0.0/16 netmask 24", {"10.0.1.1", "10.0.1.0-10.0.2.0"}},
      {kBitmapIpMac, inet, "range 10.0.0.0/16", {"10.0.0.1", "10.0.0.1,2:0:0:0:0:ab"}},
      {kBitmapPort, none, "range 0-65535", {"0", "0x50", "80-82", "tcp:80", "udp:53-54", "82-80"}},
      {kHashIp,
       inet,
       "",
       {"10.0.0.1", "10.0.0.1/30", "10.0.0.1-10.0.0.4", "10.0.0.9-10.0.0.8", "10.0.0.1/32"}},
      {kHashIp, inet, "netmask 24", {"10.0.0.1", "10.0.1.0/22"}},
      {kHashIp, inet6, "", {"2001:DB8::0:1", "::1/128", "[::1]", "::ffff:1.2.3.4"}},
      {kHashIpMac, inet, "", {"10.0.0.1,02:00:00:00:00:ab"}},
      {kHashIpMac, inet6, "", {"::1,02:00:00:00:00:ab"}},
      {kHashIpMark, inet, "", {"10.0.0.1,0x10", "10.0.0.1,010", "10.0.0.1-10.0.0.2,7"}},
      {kHashIpMark, inet6, "", {"::1,4294967295"}},
      {kHashIpPort,
       inet,
       "",
       {"1.2.3.4,80", "1.2.3.4,TCP:80", "1.2.3.4,6:0120", "1.2.3.4,udp:80-82", "1.2.3.4,icmp:ping",
        "1.2.3.4,icmp:0x8/0", "1.2.3.4,icmp:255/255", "1.2.3.4,gre:0", "1.2.3.4,200:0",
        "1.2.3.4/30,80", "1.2.3.4-1.2.3.5,80-81", "1.2.3.4,udp:9-8", "1.2.3.4,IPSEC-ESP:0",
        "1.2.3.4,UDPLite:5", "1.2.3.4,sctp:7"}},
      {kHashIpPort,
       inet6,
       "",
       {"::1,80", "[::1],80-81", "::1/128,80", "::1,icmpv6:redirect", "::1,58:1/2",
        "::1,icmpv6:neigbour-advertisement", "::1,gre:0"}},
      {kHashIpPortIp,
       inet,
       "",
       {"1.2.3.4,80,5.6.7.8", "1.2.3.4/31,udp:80-81,5.6.7.8", "1.2.3.4,icmp:8/0,5.6.7.8"}},
      {kHashIpPortIp, inet6, "", {"::1,80,::2", "::1,icmpv6:1/2,2001:DB8::0:1"}},
      {kHashIpPortNet,
       inet,
       "",
       {"1.2.3.4,80,10.0.0.1/8", "1.2.3.4,80,10.0.0.1", "1.2.3.4/31,80,10.0.0.0/8 nomatch",
        "1.2.3.4,80,10.0.0.1-10.0.0.4"}},
      {kHashIpPortNet, inet6, "", {"::1,80,2001:db8::1/32", "::1,80,::2 nomatch"}},
      {kHashMac, none, "", {"02:00:00:00:00:ab", "2:0:0:0:0:Ab"}},
      {kHashNet,
       inet,
       "",
       {"10.0.0.1", "10.1.2.3/8", "10.0.0.0/32", "10.0.0.1-10.0.0.9", "10.0.0.9-10.0.0.1",
        "10.0.0.0/8 nomatch", "[10.0.0.0]/8", "128.0.0.0/1"}},
      {kHashNet, inet6, "", {"2001:DB8::1/32", "::1", "::1/128", "8000::/1 nomatch"}},
      {kHashNetIface,
       inet,
       "",
       {"10.0.0.1/8,eth0", "10.0.0.1,eth0", "0.0.0.0/0,physdev:eth0", "10.0.0.0/8,eth0 nomatch",
        "10.0.0.1-10.0.0.4,eth012345678901", "10.0.0.0/8,physdev:eth012345678901",
        "10.0.0.0/8,a:b"}},
      {kHashNetIface, inet, "", {"10.0.0.0/8,et wildcard", "10.0.0.0/8,et wildcard nomatch"}},
      {kHashNetIface, inet6, "", {"2001:DB8::/32,eth0", "::/0,physdev:eth0 nomatch", "::1,eth0"}},
      {kHashNetNet, inet, "", {"10.0.0.1/8,10.0.0.1", "10.0.0.1-10.0.0.2,10.0.0.0/8 nomatch"}},
      {kHashNetNet, inet6, "", {"2001:DB8::/32,::1"}},
      {kHashNetPort,
       inet,
       "",
       {"10.0.0.1/8,80", "10.0.0.1,80", "10.0.0.0/8,udp:5-6", "10.0.0.1-10.0.0.4,80",
        "10.0.0.0/8,icmp:ping nomatch"}},
      {kHashNetPort, inet6, "", {"2001:DB8::/32,80", "::1,80 nomatch"}},
      {kHashNetPortNet,
       inet,
       "",
       {"10.0.0.1/8,80,10.0.0.1", "10.0.0.1,icmp:8/0,10.0.0.0/8 nomatch"}},
      {kHashNetPortNet, inet6, "", {"2001:DB8::/32,udp:80,::1"}},
  };
}

class KernelElementText : public KernelIpsetTest {
 protected:
  /// Runs `ipset`, which has to succeed.
  static std::string ipset(const std::string& command, const std::string& input = {}) {
    std::vector<std::string> words = words_of(command);
    words.insert(words.begin(), "ipset");
    const auto result = tests::run(words, input);
    EXPECT_EQ(result.status, 0) << command << ": " << result.errors;
    return result.output;
  }

  /// The elements of the set "s" in the words of `ipset save`.
  static std::vector<std::string> saved() {
    const std::string kAdd = "add s ";
    std::istringstream lines(ipset("list s -output save"));
    std::vector<std::string> texts;
    for (std::string line; std::getline(lines, line);)
      if (line.starts_with(kAdd)) texts.push_back(line.substr(kAdd.size()));
    return texts;
  }

  /// What our listing shows, in our words.
  std::vector<std::string> printed() {
    std::vector<std::string> texts;
    for (const Element& element : listed_one("s").elements)
      put_element(texts.emplace_back(), element);
    return texts;
  }

  /// Every element that is listed is what its text stands for.
  void expect_texts_name_their_elements(SetType type, Family family) {
    for (const Element& element : listed_one("s").elements) {
      std::string text;
      put_element(text, element);
      const auto parsed = parse_element(text, type, family);
      ASSERT_TRUE(parsed) << text;
      EXPECT_EQ(*parsed, element) << text;
    }
  }

  /// The tool adds the text, then we do: the same elements are listed in the same words.
  void expect_same_words(SetType type, Family family, const std::string& text) {
    SCOPED_TRACE(text);
    ipset("add s " + text);
    const std::vector<std::string> expected = saved();
    EXPECT_FALSE(expected.empty());
    EXPECT_THAT(printed(), UnorderedElementsAreArray(expected));
    expect_texts_name_their_elements(type, family);
    ipset("flush s");
    const auto element = parse_element(text, type, family);
    ASSERT_TRUE(element);
    execute_ok([&](Batch& batch) { batch.add("s", *element); });
    EXPECT_THAT(saved(), UnorderedElementsAreArray(expected));
    execute_ok([&](Batch& batch) { batch.del("s", *element); });
    EXPECT_THAT(saved(), testing::IsEmpty());
  }

  /// Creates the set "s" with the tool. Says so and returns false if this kernel lacks the type.
  bool create_with_tool(const TypeCase& test) {
    const std::string type(type_name(test.type));
    const std::string family = test.family == Family::kInet6 ? " family inet6 " : std::string(" ");
    if (!kernel().type(test.type, test.family)) {
      std::cout << "[          ] " << type << ": set type not supported by this kernel\n";
      return false;
    }
    ipset("create s " + type + family + test.options);
    return true;
  }
};

TEST_F(KernelElementText, IsThatOfTheStockTool) {
  for (const TypeCase& test : type_cases()) {
    SCOPED_TRACE(std::string(type_name(test.type)) + " " + std::string(family_name(test.family)));
    if (!create_with_tool(test)) continue;
    for (const std::string& text : test.texts) expect_same_words(test.type, test.family, text);
    ipset("destroy s");
  }
}

TEST_F(KernelElementText, IsThatOfTheStockToolInAList) {
  for (const char* const name : {"a", "b", "c"}) create(name);
  ipset("create s list:set");
  for (const char* const text : {"a", "c", "b before c", "b after c"}) {
    SCOPED_TRACE(text);
    ipset("flush s");
    ipset("add s a");
    if (std::string(text) != "a") ipset("-exist add s c");
    ipset("-exist add s " + std::string(text));
    const auto expected = saved();
    EXPECT_EQ(printed(), expected) << "in the same order";
    expect_texts_name_their_elements(SetType::kListSet, Family::kUnspecified);
    const auto element = parse_element(text, SetType::kListSet, Family::kUnspecified);
    ASSERT_TRUE(element);
    ipset("del s " + std::string(text));
    execute_ok([&](Batch& batch) { batch.add("s", *element); });
    EXPECT_THAT(saved(), UnorderedElementsAreArray(expected));
  }
}

TEST_F(KernelElementText, NamesEveryProtocolAsTheStockToolDoes) {
  ipset("create s hash:ip,port");
  execute_ok([](Batch& batch) {
    batch.begin_add("s");
    for (int protocol = 1; protocol <= 255; ++protocol)
      EXPECT_TRUE(batch.append({.ip = Address::parse("192.0.2.1"),
                                .port = 0,
                                .protocol = static_cast<std::uint8_t>(protocol)}));
    batch.end_elements();
  });
  const auto expected = saved();
  EXPECT_EQ(expected.size(), 255U);
  EXPECT_THAT(printed(), testing::UnorderedElementsAreArray(expected));
}

TEST_F(KernelElementText, NamesEveryIcmpTypeAsTheStockToolDoes) {
  for (const std::string address : {"192.0.2.1", "2001:db8::1"}) {
    SCOPED_TRACE(address);
    const bool inet6 = address != "192.0.2.1";
    const Family family = inet6 ? Family::kInet6 : Family::kInet;
    const std::string protocol = inet6 ? "icmpv6" : "icmp";
    ipset(inet6 ? "create s hash:ip,port family inet6" : "create s hash:ip,port");
    // No type above 143 and no code above 15 has a name.
    std::string lines;
    for (int type = 0; type < 160; ++type)
      for (int code = 0; code < 20; ++code)
        lines += "add s " + address + "," + protocol + ":" + std::to_string(type) + "/" +
                 std::to_string(code) + "\n";
    ipset("restore", lines);
    auto expected = saved();
    auto ours = printed();
    std::sort(expected.begin(), expected.end());
    std::sort(ours.begin(), ours.end());
    EXPECT_EQ(expected.size(), 160U * 20U);
    EXPECT_EQ(ours, expected);
    expect_texts_name_their_elements(SetType::kHashIpPort, family);
    ipset("destroy s");
  }
}

TEST_F(KernelElementText, ReadsEveryIcmpNameOfTheStockTool) {
  const std::string help = ipset("help hash:ip,port");
  ipset("create s hash:ip,port");
  ipset("create t hash:ip,port family inet6");
  std::size_t names = 0;
  std::string protocol;
  std::istringstream lines(help);
  for (std::string line; std::getline(lines, line);) {
    const auto words = words_of(line);
    if (line.find("Supported ICMP codenames") != std::string::npos) protocol = "icmp:";
    if (line.find("Supported ICMPv6 codenames") != std::string::npos) protocol = "icmpv6:";
    if (protocol.empty() || words.size() != 1) continue;
    SCOPED_TRACE(words.front());
    ++names;
    const bool inet6 = protocol == "icmpv6:";
    const std::string set = inet6 ? "t" : "s";
    const std::string text = (inet6 ? "::1," : "1.2.3.4,") + protocol + words.front();
    ipset("add " + set + " " + text);
    const auto element =
        parse_element(text, SetType::kHashIpPort, inet6 ? Family::kInet6 : Family::kInet);
    ASSERT_TRUE(element);
    EXPECT_EQ(listed_one(set).elements, std::vector<Element>{*element});
    ipset("flush " + set);
  }
  EXPECT_GE(names, 50U);
}

}  // namespace
}  // namespace ipsetkv::ipset
