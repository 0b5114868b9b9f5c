// SPDX-License-Identifier: MIT
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "support/command.h"
#include "support/private_namespace.h"

namespace ipsetkv::tests {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

/// The tool as a process, end to end.
class ToolTest : public KernelTest {
 protected:
  static CommandResult tool(std::vector<std::string> words, std::string_view input = {}) {
    words.insert(words.begin(), IPSETKV_TOOL);
    return run(words, input);
  }
  static CommandResult shell(const std::string& script) {
    return run({"sh", "-c", "PATH=$(dirname " IPSETKV_TOOL "):$PATH; " + script});
  }
  /// What `ipset save` says, but for the store's locks at rest.
  static std::string saved() {
    return run({"sh", "-c", "ipset save | grep -v '^create ~lock-'"}).output;
  }
  static void expect_value(const std::string& key, std::string_view value) {
    const auto got = tool({"get", "--", key});
    EXPECT_EQ(got.status, 0) << got.errors;
    EXPECT_EQ(got.output, value);
  }
};

/// An error is one line on standard error, and nothing goes to standard output.
void expect_error(const CommandResult& result, int status, std::string_view text) {
  EXPECT_EQ(result.status, status);
  EXPECT_EQ(result.output, "");
  EXPECT_THAT(result.errors, StartsWith("ipsetkv: "));
  EXPECT_THAT(result.errors, HasSubstr(std::string(text)));
  EXPECT_EQ(std::count(result.errors.begin(), result.errors.end(), '\n'), 1) << result.errors;
}

void expect_answer(const CommandResult& result, std::string_view output) {
  EXPECT_EQ(result.status, 0);
  EXPECT_EQ(result.output, output);
  EXPECT_EQ(result.errors, "");
}

void expect_silent_success(const CommandResult& result) { expect_answer(result, ""); }

/// Of a key that was given 100 seconds some commands ago.
void expect_about_100_seconds(const CommandResult& result) {
  EXPECT_EQ(result.status, 0);
  const int left = std::stoi("0" + result.output);
  EXPECT_GT(left, 40);
  EXPECT_LE(left, 100);
}

TEST_F(ToolTest, StoresAndFetchesAcrossProcesses) {
  expect_silent_success(tool({"set", "drawer", "notebook"}));
  const auto got = tool({"get", "drawer"});
  EXPECT_EQ(got.status, 0);
  EXPECT_EQ(got.output, "notebook");
  EXPECT_THAT(run({"ipset", "list", "-sorted", "drawer"}).output,
              HasSubstr("Members:\n98.111.111.107,tcp:1\n110.111.116.101,tcp:0\n"));
}

TEST_F(ToolTest, KeepsEveryByteFromStandardInput) {
  std::string bytes;
  for (int round = 0; round < 1024; ++round)
    for (int byte = 0; byte < 256; ++byte) bytes += static_cast<char>(byte);
  ASSERT_EQ(bytes.size(), 262'144U);
  for (const std::string& value : {std::string(), std::string("\0", 1), bytes}) {
    expect_silent_success(tool({"set", "drawer", "-"}, value));
    EXPECT_EQ(tool({"get", "drawer"}).output, value);
  }
}

TEST_F(ToolTest, AddsANewlineOnATerminalOnly) {
  expect_silent_success(tool({"set", "drawer", "notebook"}));
  const auto on_terminal = run({"script", "-qec", IPSETKV_TOOL " get drawer", "/dev/null"});
  EXPECT_EQ(on_terminal.output, "notebook\r\n");
}

TEST_F(ToolTest, ExitsWithOneForAMissingKey) {
  for (const auto& words :
       std::vector<std::vector<std::string>>{{"get", "none"}, {"del", "none"}, {"info", "none"}})
    expect_error(tool(words), 1, "none: no such key");
  const auto exists = tool({"exists", "none"});
  EXPECT_EQ(exists.status, 1);
  EXPECT_EQ(exists.output + exists.errors, "");
}

TEST_F(ToolTest, DeletesAndChecksSeveralKeys) {
  expect_silent_success(tool({"set", "a", "1"}));
  expect_silent_success(tool({"set", "b", "2"}));
  expect_silent_success(tool({"exists", "a", "b"}));
  EXPECT_EQ(tool({"exists", "a", "c"}).status, 1);
  expect_error(tool({"del", "a", "c", "b"}), 1, "c: no such key");
  EXPECT_EQ(tool({"keys"}).output, "");
  EXPECT_EQ(saved(), "");
}

TEST_F(ToolTest, ListsKeysSortedAndByPattern) {
  for (const char* key : {"pear", "apple", "plum"}) expect_silent_success(tool({"set", key, "x"}));
  EXPECT_EQ(tool({"keys"}).output, "apple\npear\nplum\n");
  EXPECT_EQ(tool({"keys", "p*"}).output, "pear\nplum\n");
  EXPECT_EQ(tool({"keys", "?[^e]*"}).output, "apple\nplum\n");
  EXPECT_EQ(tool({"keys", "nothing"}).output, "");
}

TEST_F(ToolTest, PrintsJson) {
  using nlohmann::json;
  expect_silent_success(tool({"set", "a", "12345"}));
  EXPECT_EQ(json::parse(tool({"keys", "--json"}).output), json({"a"}));
  EXPECT_EQ(json::parse(tool({"--json", "exists", "a", "b"}).output),
            json({{"a", true}, {"b", false}}));
  const json info = json::parse(tool({"info", "a", "--json"}).output);
  EXPECT_EQ(info.at("set"), "a");
  EXPECT_EQ(info.at("type"), "hash:ip,port");
  EXPECT_EQ(info.at("layout"), "ipv4");
  EXPECT_EQ(info.at("elements"), 2);
  EXPECT_EQ(info.at("value_bytes"), 5);
  EXPECT_GT(info.at("kernel_memory_bytes"), 0);
  EXPECT_EQ(json::parse(tool({"info", "--json"}).output), json::array({info}));
  EXPECT_TRUE(json::parse(tool({"version", "--json"}).output).contains("version"));
  EXPECT_EQ(json::parse(tool({"--json", "del", "a", "b"}).output),
            json({{"a", true}, {"b", false}}));
  for (const auto& words : std::vector<std::vector<std::string>>{{"get", "a"},
                                                                 {"set", "a", "b"},
                                                                 {"getrange", "a", "0", "1"},
                                                                 {"expire", "a", "1"},
                                                                 {"persist", "a"},
                                                                 {"cas", "a", "1", "2"},
                                                                 {"rename", "a", "b"},
                                                                 {"copy", "a", "b"},
                                                                 {"mset", "a", "1"}}) {
    auto with_json = words;
    with_json.emplace_back("--json");
    expect_error(tool(with_json), 2, words.front() + " has no structured output");
  }
}

TEST_F(ToolTest, TakesBracketsAndNamesOfCommandsLiterally) {
  expect_silent_success(tool({"mset", "[a]", "[1,2]", "get", "set", "{}", ""}));
  expect_silent_success(tool({"exists", "[a]", "get", "{}"}));
  EXPECT_EQ(tool({"exists", "a"}).status, 1);
  expect_value("[a]", "[1,2]");
  expect_answer(tool({"mget", "get"}), "get\tset\n");
  expect_error(tool({"get", "get", "set"}), 2, "set: one word too many");
}

TEST_F(ToolTest, SetsOnlyWhereTheConditionHolds) {
  expect_error(tool({"set", "drawer", "1", "--xx"}), 1, "drawer: no such key");
  expect_silent_success(tool({"set", "drawer", "1", "--nx"}));
  expect_error(tool({"set", "--nx", "drawer", "2"}), 1, "drawer: there is such a key");
  expect_value("drawer", "1");
  expect_silent_success(tool({"set", "drawer", "3", "--xx"}));
  expect_value("drawer", "3");
}

TEST_F(ToolTest, PrintsTheOldValueForSetWithGet) {
  expect_error(tool({"set", "drawer", "1", "--get"}), 1, "there was no such key");
  expect_answer(tool({"set", "drawer", "2", "--get"}), "1");
  expect_answer(tool({"set", "drawer", "3", "--nx", "--get"}), "2");
  expect_answer(tool({"set", "drawer", "4", "--xx", "--get"}), "2");
  expect_value("drawer", "4");
  expect_error(tool({"set", "none", "5", "--xx", "--get"}), 1, "none: no such key");
  EXPECT_EQ(tool({"exists", "none"}).status, 1);
}

TEST_F(ToolTest, UsesTheRequestedLayout) {
  const std::string longer(257, 'x');
  const struct {
    std::string value;
    std::vector<std::string> options;
    std::string_view layout;
  } cases[] = {
      {"x", {}, "ipv4"},
      {"x", {"--layout", "comment"}, "comment"},
      {longer, {"--layout", "auto"}, "comment"},
      {longer, {"--layout=ipv4"}, "ipv4"},
  };
  for (const auto& one : cases) {
    std::vector<std::string> words{"set", "drawer", one.value};
    words.insert(words.end(), one.options.begin(), one.options.end());
    expect_silent_success(tool(words));
    EXPECT_EQ(nlohmann::json::parse(tool({"info", "drawer", "--json"}).output).at("layout"),
              one.layout);
    expect_value("drawer", one.value);
  }
}

TEST_F(ToolTest, PrintsTheTimeToLive) {
  expect_error(tool({"ttl", "drawer"}), 1, "drawer: no such key");
  expect_error(tool({"pttl", "drawer"}), 1, "drawer: no such key");
  expect_silent_success(tool({"set", "drawer", "1"}));
  expect_answer(tool({"ttl", "drawer"}), "-1\n");
  expect_answer(tool({"pttl", "drawer"}), "-1\n");
  expect_silent_success(tool({"set", "drawer", "1", "--ex", "100"}));
  expect_about_100_seconds(tool({"ttl", "drawer"}));
  const auto left = std::stol(tool({"pttl", "drawer"}).output);
  EXPECT_GT(left, 90'000);
  EXPECT_LE(left, 100'000);
}

TEST_F(ToolTest, AcceptsADeadlineInFourForms) {
  const auto expires_at = [] {
    return nlohmann::json::parse(tool({"info", "drawer", "--json"}).output)
        .at("expires_at_ms")
        .get<std::int64_t>();
  };
  expect_silent_success(tool({"set", "drawer", "1", "--exat", "4102444800"}));
  EXPECT_EQ(expires_at(), 4'102'444'800'000);
  EXPECT_THAT(tool({"info", "drawer"}).output,
              HasSubstr("expires        2100-01-01T00:00:00.000Z\n"));
  EXPECT_THAT(tool({"info"}).output, HasSubstr("  2100-01-01T00:00:00.000Z\n"));
  expect_silent_success(tool({"set", "drawer", "1", "--pxat", "4102444800123"}));
  EXPECT_EQ(expires_at(), 4'102'444'800'123);
  expect_silent_success(tool({"set", "drawer", "2", "--keepttl"}));
  EXPECT_EQ(expires_at(), 4'102'444'800'123);
  expect_silent_success(tool({"set", "drawer", "1", "--px", "50000"}));
  expect_answer(tool({"ttl", "drawer"}), "50\n");
  expect_silent_success(tool({"set", "drawer", "2"}));
  expect_answer(tool({"ttl", "drawer"}), "-1\n");
  expect_silent_success(tool({"set", "drawer", "3", "--exat", "1"}));
  EXPECT_EQ(tool({"exists", "drawer"}).status, 1);
}

TEST_F(ToolTest, ExpiresAKeyUnderConditions) {
  expect_error(tool({"expire", "drawer", "10"}), 1, "drawer: no such key");
  expect_silent_success(tool({"set", "drawer", "1"}));
  expect_error(tool({"expire", "drawer", "10", "--xx"}), 1, "the condition does not hold");
  expect_error(tool({"expire", "drawer", "10", "--gt"}), 1, "the condition does not hold");
  expect_silent_success(tool({"expire", "drawer", "100", "--nx"}));
  expect_error(tool({"expire", "drawer", "10", "--nx"}), 1, "the condition does not hold");
  expect_silent_success(tool({"expire", "drawer", "200", "--gt"}));
  expect_answer(tool({"ttl", "drawer"}), "200\n");
  expect_silent_success(tool({"expire", "drawer", "50", "--lt"}));
  expect_silent_success(tool({"expire", "drawer", "60", "--xx"}));
  expect_answer(tool({"ttl", "drawer"}), "60\n");
  expect_silent_success(tool({"persist", "drawer"}));
  expect_answer(tool({"ttl", "drawer"}), "-1\n");
  expect_error(tool({"persist", "drawer"}), 1, "lives for ever already");
  expect_silent_success(tool({"expire", "drawer", "-1"}));
  expect_error(tool({"get", "drawer"}), 1, "drawer: no such key");
}

TEST_F(ToolTest, ComparesAndSets) {
  expect_error(tool({"cas", "drawer", "", "1"}), 1, "drawer: the value is not OLD");
  expect_silent_success(tool({"set", "drawer", "-1"}));
  expect_error(tool({"cas", "drawer", "0", "1"}), 1, "drawer: the value is not OLD");
  expect_silent_success(tool({"cas", "drawer", "-1", "-2"}));
  expect_silent_success(tool({"cas", "drawer", "-", "new"}, "-2"));
  expect_silent_success(tool({"cas", "drawer", "new", "-"}, "\n"));
  expect_value("drawer", "\n");
}

TEST_F(ToolTest, Counts) {
  expect_answer(tool({"incr", "counter"}), "1\n");
  expect_answer(tool({"incr", "counter", "41"}), "42\n");
  expect_answer(tool({"incr", "counter", "-50"}), "-8\n");
  expect_answer(tool({"incr", "counter", "--json"}), "-7\n");
  expect_silent_success(tool({"set", "counter", "seven"}));
  expect_error(tool({"incr", "counter"}), 2, "counter: the value is not a decimal number");
  expect_silent_success(tool({"set", "counter", "9223372036854775807"}));
  expect_error(tool({"incr", "counter"}), 2, "counter");
  expect_value("counter", "9223372036854775807");
}

TEST_F(ToolTest, WorksOnPartsOfAValue) {
  expect_answer(tool({"strlen", "drawer"}), "0\n");
  expect_answer(tool({"getrange", "drawer", "0", "-1"}), "");
  expect_answer(tool({"append", "drawer", "note"}), "4\n");
  expect_answer(tool({"append", "drawer", "-"}, "book"), "8\n");
  expect_answer(tool({"getrange", "drawer", "0", "3"}), "note");
  expect_answer(tool({"getrange", "drawer", "-4", "-1"}), "book");
  expect_answer(tool({"setrange", "drawer", "4", "pad"}), "8\n");
  expect_value("drawer", "notepadk");
  expect_answer(tool({"setrange", "drawer", "10", "-"}, "!"), "11\n");
  EXPECT_EQ(tool({"get", "drawer"}).output, std::string("notepadk\0\0!", 11));
  expect_answer(tool({"strlen", "drawer"}), "11\n");
}

TEST_F(ToolTest, RenamesAndCopies) {
  expect_error(tool({"rename", "a", "b"}), 1, "a: no such key");
  expect_error(tool({"copy", "a", "b"}), 1, "a: no such key");
  expect_silent_success(tool({"set", "a", "1", "--ex", "100"}));
  expect_silent_success(tool({"rename", "a", "b"}));
  EXPECT_EQ(tool({"keys"}).output, "b\n");
  expect_about_100_seconds(tool({"ttl", "b"}));
  expect_silent_success(tool({"copy", "b", "two words"}));
  EXPECT_EQ(tool({"keys"}).output, "b\ntwo words\n");
  expect_silent_success(tool({"set", "c", "2"}));
  expect_error(tool({"rename", "b", "c", "--nx"}), 1, "b: no such key, or there is a NEW");
  expect_error(tool({"copy", "b", "c"}), 1, "b: no such key, or there is a NEW");
  expect_value("c", "2");
  expect_silent_success(tool({"copy", "b", "c", "--replace"}));
  expect_value("c", "1");
  expect_silent_success(tool({"rename", "b", "c"}));
  expect_silent_success(tool({"rename", "c", "d", "--nx"}));
  expect_value("d", "1");
}

TEST_F(ToolTest, SetsAndGetsSeveralKeys) {
  expect_silent_success(tool({"mset", "a", "1", "b", "-", "c", ""}, "two\tlines\n"));
  const auto got = tool({"mget", "b", "none", "a", "c"});
  EXPECT_EQ(got.status, 1);
  EXPECT_EQ(got.output, "b\ttwo\\x09lines\\x0a\na\t1\nc\t\n");
  EXPECT_THAT(got.errors, HasSubstr("none: no such key"));
  const auto json = tool({"mget", "a", "none", "b", "--json"});
  EXPECT_EQ(json.status, 1);
  EXPECT_EQ(json.errors, "");
  EXPECT_EQ(json.output, "{\"a\":\"1\",\"none\":null,\"b\":\"two\\tlines\\n\"}\n");
  // What came before the failure stays.
  expect_error(tool({"mset", "a", "2", "", "3", "b", "4"}), 2, "the key is empty");
  expect_answer(tool({"mget", "a"}), "a\t2\n");
}

TEST_F(ToolTest, ShowsEachKeyOnOneLineWhateverItsBytes) {
  const std::string key = "a\n\x1b[31m\xff\xc3\xa9 \xc2\x85";
  expect_silent_success(tool({"set", key, "1"}));
  expect_silent_success(tool({"set", "lit\\xff\\n", "2"}));
  const std::string line = "a\\x0a\\x1b[31m\\xff\xc3\xa9 \\xc2\\x85";
  expect_answer(tool({"keys"}), line + "\nlit\\x5cxff\\n\n");
  expect_answer(tool({"keys", "--null"}), key + '\0' + "lit\\xff\\n" + '\0');
  expect_answer(tool({"keys", "-0", "lit*"}), std::string("lit\\xff\\n") + '\0');
  EXPECT_EQ(nlohmann::json::parse(tool({"keys", "--json"}).output),
            nlohmann::json({"a\n\x1b[31m\\xff\xc3\xa9 \xc2\x85", "lit\\x5cxff\\n"}));
  EXPECT_EQ(nlohmann::json::parse(tool({"--json", "info", key}).output).at("key"),
            "a\n\x1b[31m\\xff\xc3\xa9 \xc2\x85");
  EXPECT_THAT(tool({"info"}).output, HasSubstr(line));
  expect_silent_success(shell("ipsetkv keys -0 | xargs -0 ipsetkv del --"));
  expect_answer(tool({"keys"}), "");
  expect_error(tool({"get", key}), 1, line);
}

TEST_F(ToolTest, AcceptsKeysOfAnyLength) {
  const std::string key(65'536, 'k');
  expect_silent_success(tool({"set", key, "1"}));
  expect_value(key, "1");
  expect_answer(tool({"keys"}), key + "\n");
  expect_silent_success(tool({"set", "~lock-1", "2"}));
  expect_value("~lock-1", "2");
  expect_silent_success(tool({"del", key, "~lock-1"}));
  expect_error(tool({"get", key}), 1, "kkk...: no such key");
}

TEST_F(ToolTest, ScansInPages) {
  std::vector<std::string> expected;
  for (int number = 10; number < 35; ++number) {
    expected.push_back("key" + std::to_string(number));
    expect_silent_success(tool({"set", expected.back(), "x"}));
  }
  std::vector<std::string> met;
  std::string cursor = "0";
  do {
    const auto page = nlohmann::json::parse(
        tool({"scan", cursor, "--match", "key*", "--count", "4", "--json"}).output);
    for (const auto& key : page.at("keys")) met.push_back(key);
    cursor = page.at("cursor");
  } while (cursor != "0");
  EXPECT_THAT(met, testing::UnorderedElementsAreArray(expected));
  expect_answer(tool({"scan", "--match", "key17", "--count", "100"}), "0\nkey17\n");
  expect_answer(tool({"scan", "0", "--match", "key17", "--count", "100", "-0"}),
                std::string("0\0key17\0", 8));
}

TEST_F(ToolTest, SweepsLeftovers) {
  expect_silent_success(tool({"set", "drawer", "1"}));
  expect_silent_success(tool({"set", "brief", "1", "--px", "1"}));
  ASSERT_EQ(run({"sleep", "0.01"}).status, 0);
  // A spare set of a process that is gone.
  ASSERT_EQ(run({"ipset", "create", "~1234567890", "hash:ip,port"}).status, 0);
  EXPECT_EQ(nlohmann::json::parse(tool({"sweep", "--json"}).output),
            nlohmann::json({{"expired_keys", 1}, {"leftovers", 1}}));
  EXPECT_EQ(run({"ipset", "list", "-n"}).output, "drawer\n");
  expect_answer(tool({"sweep"}), "expired keys  0\nleftovers     0\n");
  expect_value("drawer", "1");
}

TEST_F(ToolTest, RejectsAWrongCommandLine) {
  const struct {
    std::vector<std::string> words;
    std::string_view text;
  } cases[] = {
      {{}, "a command is missing"},
      {{"fetch", "a"}, "fetch: no such command; see"},
      {{"sett", "a", "b"}, "sett: no such command; did you mean `set`?"},
      {{"delete", "a"}, "delete: no such command; did you mean `del`?"},
      {{"set", "a", "b", "--ttl", "5"}, "no such option --ttl; did you mean `--ex`?"},
      {{"set", "a", "b", "--layuot=ipv4"}, "no such option --layuot; did you mean `--layout`?"},
      {{"get", "a", "--colour"}, "no such option --colour; put `--` before a key"},
      {{"--netns", "", "get", "a"}, "--netns is given and empty"},
      {{"--netns=", "get", "a"}, "--netns is given and empty"},
      {{"--store", "", "get", "a"}, " is no store"},
      {{"--store", "table:", "get", "a"}, "table: names no table"},
      {{"drop", "table:"}, "table: names no table"},
      {{"serve", "--unix", ""}, "--unix is given and empty"},
      {{"serve", "--bind", ""}, "--bind is given and empty"},
      {{"serve", "--requirepass-file", ""}, "--requirepass-file is given and empty"},
      {{"scan", "--match", ""}, "--match is given and empty"},
      {{"get"}, "KEY is required"},
      {{"set", "a"}, "VALUE is required"},
      {{"get", "a", "b"}, "b: one word too many"},
      {{"get", "--loud", "a"}, "--loud"},
      {{"--netns"}, "--netns"},
      {{"--netns", "nowhere", "get", "a"}, "nowhere: no such network namespace"},
      {{"get", ""}, "1 to 65536 bytes"},
      {{"set", std::string(65'537, 'k'), "x"}, "65537 bytes; the limit is 65536"},
      {{"set", "a", "b", "--loud"}, "--loud"},
      {{"set", "a", "b", "--ex"}, "--ex"},
      {{"set", "a", "b", "--ex", "0"}, "--ex: 0 is not"},
      {{"set", "a", "b", "--px", "-1"}, "--px: -1 is not"},
      {{"set", "a", "b", "--exat", "soon"}, "--exat: soon is not"},
      {{"set", "a", "b", "--pxat", "0x10"}, "--pxat: 0x10 is not"},
      {{"set", "a", "b", "--ex", "99999999999999999999"}, "is not a decimal number"},
      {{"set", "a", "b", "--ex", "1", "--px", "1"}, "excludes"},
      {{"set", "a", "b", "--ex", "1", "--keepttl"}, "excludes"},
      {{"set", "a", "b", "--nx", "--xx"}, "excludes"},
      {{"set", "a", "b", "--layout", "drawer"},
       "drawer is not auto, ipv4, ipv6, comment or counters"},
      {{"ttl"}, "KEY is required"},
      {{"pttl", "a", "b"}, "b: one word too many"},
      {{"expire", "a"}, "SECONDS is required"},
      {{"expire", "a", "1.5"}, "SECONDS: 1.5 is not"},
      {{"expire", "a", "1", "--gt", "--lt"}, "excludes"},
      {{"persist"}, "KEY is required"},
      {{"cas", "a", "old"}, "NEW is required"},
      {{"cas", "a", "-", "-"}, "standard input can be one value only"},
      {{"incr", "a", "1x"}, "N: 1x is not"},
      {{"append", "a"}, "VALUE is required"},
      {{"setrange", "a", "-1", "x"}, "OFFSET: -1 is not"},
      {{"setrange", "a", "536870912", "x"}, "536870913 bytes; the limit is 536870912"},
      {{"getrange", "a", "0"}, "LAST is required"},
      {{"strlen"}, "KEY is required"},
      {{"rename", "a"}, "NEW is required"},
      {{"rename", "a", "b", "--replace"}, "--replace"},
      {{"copy", "a"}, "NEW is required"},
      {{"copy", "a", ""}, "1 to 65536 bytes"},
      {{"mget"}, "KEY is required"},
      {{"mset", "a"}, "no VALUE"},
      {{"mset", "a", "-", "b", "-"}, "standard input can be one value only"},
      {{"scan", "first"}, "CURSOR: first is not"},
      {{"scan", "0", "--count", "0"}, "--count: 0 is not"},
      {{"keys", "--null", "--json"}, "--null excludes --json"},
      {{"sweep", "a"}, "a: one word too many"},
  };
  for (const auto& wrong : cases) {
    SCOPED_TRACE(wrong.text);
    expect_error(tool(wrong.words), 2, wrong.text);
  }
  EXPECT_EQ(saved(), "");
}

TEST_F(ToolTest, TakesWordsAfterADoubleDashLiterally) {
  expect_silent_success(tool({"set", "--", "-k", "--v"}));
  EXPECT_EQ(tool({"get", "--", "-k"}).output, "--v");
  expect_silent_success(tool({"set", "temperature", "-5"}));
  EXPECT_EQ(tool({"get", "temperature"}).output, "-5");
}

TEST_F(ToolTest, KeepsTheOldValueWhenTheNewOneIsTooLong) {
  expect_silent_success(tool({"set", "drawer", "old"}));
  expect_error(tool({"set", "drawer", "-", "--layout", "ipv4"}, std::string(262'145, 'x')), 2,
               "262145 bytes; the limit is 262144");
  expect_error(shell("head -c 536870913 /dev/zero | ipsetkv set drawer -"), 2,
               "536870913 bytes; the limit is 536870912");
  expect_value("drawer", "old");
}

TEST_F(ToolTest, ReadsALongValueToItsEnd) {
  constexpr std::size_t kBytes = std::size_t{65} * 1024 * 1024;
  const std::string value(kBytes, 'x');
  expect_silent_success(tool({"set", "drawer", "-"}, value));
  expect_answer(tool({"strlen", "drawer"}), std::to_string(kBytes) + "\n");
  EXPECT_TRUE(tool({"get", "drawer"}).output == value);
}

TEST_F(ToolTest, LeavesForeignSetsAlone) {
  ASSERT_EQ(run({"ipset", "create", "blocked", "hash:net"}).status, 0);
  ASSERT_EQ(run({"ipset", "create", "ports", "hash:ip,port"}).status, 0);
  ASSERT_EQ(run({"ipset", "add", "ports", "192.0.2.1,tcp:80"}).status, 0);
  const std::string before = saved();
  for (const char* name : {"blocked", "ports"}) {
    expect_error(tool({"get", name}), 4, "not a value");
    expect_error(tool({"set", name, "x"}), 4, "not a value");
    expect_error(tool({"del", name}), 4, "not a value");
    expect_error(tool({"info", name}), 4, "not a value");
    EXPECT_EQ(tool({"exists", name}).status, 1);
  }
  EXPECT_EQ(tool({"keys"}).output, "");
  EXPECT_EQ(saved(), before);
}

TEST_F(ToolTest, StoresNothingIfItsInputCannotBeRead) {
  expect_silent_success(tool({"set", "drawer", "old"}));
  expect_error(shell("ipsetkv set drawer - <&-"), 3, "standard input");
  expect_error(shell("ipsetkv set drawer - </"), 3, "standard input");
  EXPECT_EQ(tool({"get", "drawer"}).output, "old");
}

TEST_F(ToolTest, ReportsThatItsOutputCannotBeWritten) {
  expect_silent_success(tool({"set", "drawer", "old"}));
  for (const char* redirection : {">/dev/full", ">&-"})
    for (const char* command : {"get drawer", "keys", "info", "version", "--help", "--version"}) {
      SCOPED_TRACE(std::string(command) + redirection);
      expect_error(shell("ipsetkv " + std::string(command) + redirection), 3, "standard output");
    }
  EXPECT_NE(shell("ipsetkv get drawer 2>&- >&-").status, 0);
  EXPECT_EQ(tool({"get", "drawer"}).output, "old");
}

TEST_F(ToolTest, WorksInANamedNamespace) {
  // `ip netns` keeps its names in /run/netns: a mount namespace keeps them from the machine.
  const auto result = shell(
      "unshare -m sh -ec '"
      "mount -t tmpfs none /run; ip netns add blue;"
      "ipsetkv --netns blue set drawer inside; ipsetkv set drawer outside;"
      "ipsetkv --netns blue get drawer; ipsetkv get drawer --netns blue; ipsetkv get drawer;"
      "ip netns exec blue ipset list -n | grep -v ^~lock-'");
  EXPECT_EQ(result.errors, "");
  EXPECT_EQ(result.output, "insideinsideoutsidedrawer\n");
}

TEST_F(ToolTest, PrintsHelpAndVersion) {
  const auto help = tool({"--help"});
  EXPECT_EQ(help.status, 0);
  for (const char* command :
       {"set",  "get",  "del",    "exists",   "ttl",      "pttl",   "expire",  "persist",
        "cas",  "incr", "append", "setrange", "getrange", "strlen", "rename",  "copy",
        "mget", "mset", "keys",   "scan",     "info",     "sweep",  "version", "--netns"})
    EXPECT_THAT(help.output, HasSubstr(command));
  EXPECT_THAT(tool({"set", "--help"}).output, HasSubstr("VALUE"));
  EXPECT_EQ(tool({"version"}).output, tool({"--version"}).output);
}

}  // namespace
}  // namespace ipsetkv::tests
