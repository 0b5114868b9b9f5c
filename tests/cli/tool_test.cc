// SPDX-License-Identifier: MIT
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
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
  static std::string saved() { return run({"ipset", "save"}).output; }
};

/// An error is one line on standard error, and nothing goes to standard output.
void expect_error(const CommandResult& result, int status, std::string_view text) {
  EXPECT_EQ(result.status, status);
  EXPECT_EQ(result.output, "");
  EXPECT_THAT(result.errors, StartsWith("ipsetkv: "));
  EXPECT_THAT(result.errors, HasSubstr(std::string(text)));
  EXPECT_EQ(std::count(result.errors.begin(), result.errors.end(), '\n'), 1) << result.errors;
}

void expect_silent_success(const CommandResult& result) {
  EXPECT_EQ(result.status, 0);
  EXPECT_EQ(result.output, "");
  EXPECT_EQ(result.errors, "");
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

TEST_F(ToolTest, AnswersAMissingKeyWithOne) {
  for (const auto& words :
       std::vector<std::vector<std::string>>{{"get", "none"}, {"del", "none"}, {"info", "none"}})
    expect_error(tool(words), 1, "none: no such key");
  const auto exists = tool({"exists", "none"});
  EXPECT_EQ(exists.status, 1);
  EXPECT_EQ(exists.output + exists.errors, "");
}

TEST_F(ToolTest, DeletesAndAsksForSeveralKeys) {
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

TEST_F(ToolTest, SpeaksJson) {
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
  expect_error(tool({"--json", "get", "a"}), 2, "--json");
}

TEST_F(ToolTest, RefusesAWrongCommandLine) {
  const struct {
    std::vector<std::string> words;
    std::string_view text;
  } cases[] = {
      {{}, "a command is missing"},
      {{"fetch", "a"}, "fetch: no such command"},
      {{"get"}, "KEY is required"},
      {{"set", "a"}, "VALUE is required"},
      {{"get", "a", "b"}, "b: one word too many"},
      {{"get", "--loud", "a"}, "--loud"},
      {{"--netns"}, "--netns"},
      {{"--netns", "nowhere", "get", "a"}, "nowhere: no such network namespace"},
      {{"get", ""}, "1 to 31 bytes"},
      {{"set", std::string(32, 'k'), "x"}, "32 bytes; the limit is 31"},
      {{"set", "two words", "x"}, "printable ASCII"},
      {{"set", "a\"b", "x"}, "double quote"},
      {{"get", "\x7f"}, "printable ASCII"},
      {{"set", "~1", "x"}, "reserved"},
  };
  for (const auto& wrong : cases) {
    SCOPED_TRACE(wrong.text);
    expect_error(tool(wrong.words), 2, wrong.text);
  }
  EXPECT_EQ(saved(), "");
}

TEST_F(ToolTest, TakesWordsBehindADoubleDashAsTheyAre) {
  expect_silent_success(tool({"set", "--", "-k", "--v"}));
  EXPECT_EQ(tool({"get", "--", "-k"}).output, "--v");
  expect_silent_success(tool({"set", "temperature", "-5"}));
  EXPECT_EQ(tool({"get", "temperature"}).output, "-5");
}

TEST_F(ToolTest, KeepsTheOldValueWhenTheNewOneIsTooLong) {
  expect_silent_success(tool({"set", "drawer", "old"}));
  expect_error(tool({"set", "drawer", "-"}, std::string(262'145, 'x')), 2,
               "262145 bytes; the limit is 262144");
  EXPECT_EQ(tool({"get", "drawer"}).output, "old");
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

TEST_F(ToolTest, StoresNothingWhenItsInputCannotBeRead) {
  expect_silent_success(tool({"set", "drawer", "old"}));
  expect_error(shell("ipsetkv set drawer - <&-"), 3, "standard input");
  expect_error(shell("ipsetkv set drawer - </"), 3, "standard input");
  EXPECT_EQ(tool({"get", "drawer"}).output, "old");
}

TEST_F(ToolTest, SaysSoWhenItsOutputCannotBeWritten) {
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
      "ip netns exec blue ipset list -n'");
  EXPECT_EQ(result.errors, "");
  EXPECT_EQ(result.output, "insideinsideoutsidedrawer\n");
}

TEST_F(ToolTest, HelpsAndTellsItsVersion) {
  const auto help = tool({"--help"});
  EXPECT_EQ(help.status, 0);
  for (const char* command : {"set", "get", "del", "exists", "keys", "info", "version", "--netns"})
    EXPECT_THAT(help.output, HasSubstr(command));
  EXPECT_THAT(tool({"set", "--help"}).output, HasSubstr("VALUE"));
  EXPECT_EQ(tool({"version"}).output, tool({"--version"}).output);
}

}  // namespace
}  // namespace ipsetkv::tests
