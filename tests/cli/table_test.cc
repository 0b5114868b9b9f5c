// SPDX-License-Identifier: MIT

// Tables, by the tool as a process.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

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

class TableToolTest : public KernelTest {
 protected:
  /// The tool with --store table:cache.
  static CommandResult tool(std::vector<std::string> words, std::string_view input = {}) {
    words.insert(words.begin(), {IPSETKV_TOOL, "--store", "table:cache"});
    return run(words, input);
  }
  /// A shell's command line, where IPSETKV_STORE is table:cache.
  static CommandResult shell(const std::string& script) {
    return run(
        {"sh", "-c",
         "PATH=$(dirname " IPSETKV_TOOL "):$PATH; export IPSETKV_STORE=table:cache; " + script});
  }
};

void expect_answer(const CommandResult& result, std::string_view output) {
  EXPECT_EQ(result.status, 0);
  EXPECT_EQ(result.output, output);
  EXPECT_EQ(result.errors, "");
}

void expect_error(const CommandResult& result, int status, std::string_view text) {
  EXPECT_EQ(result.status, status);
  EXPECT_EQ(result.output, "");
  EXPECT_THAT(result.errors, StartsWith("ipsetkv: " + std::string(text)));
  EXPECT_EQ(std::count(result.errors.begin(), result.errors.end(), '\n'), 1) << result.errors;
}

TEST_F(TableToolTest, BehavesInATableAsInDrawers) {
  expect_answer(tool({"set", "drawer", "notebook", "--ex", "100"}), "");
  expect_answer(tool({"get", "drawer"}), "notebook");
  expect_answer(tool({"persist", "drawer"}), "");
  expect_answer(tool({"ttl", "drawer"}), "-1\n");
  expect_answer(tool({"incr", "number"}), "1\n");
  expect_answer(tool({"append", "drawer", "s"}), "9\n");
  expect_answer(tool({"rename", "drawer", "cupboard"}), "");
  expect_answer(tool({"mset", "a", "1", "b", std::string(1'000, '2')}), "");
  expect_answer(tool({"mget", "b", "a"}), "b\t" + std::string(1'000, '2') + "\na\t1\n");
  // In no order, because they are printed as they are read.
  expect_answer(shell("ipsetkv keys | sort"), "a\nb\ncupboard\nnumber\n");
  expect_answer(shell("ipsetkv keys '[ab]' | sort"), "a\nb\n");
  expect_answer(tool({"exists", "a", "b"}), "");
  expect_answer(tool({"del", "a", "b"}), "");
  expect_error(tool({"get", "a"}), 1, "a: no such key");
  expect_answer(run({IPSETKV_TOOL, "keys"}), "");
}

TEST_F(TableToolTest, IsChosenByTheEnvironmentUnlessTheCommandLineSaysOtherwise) {
  expect_answer(shell("ipsetkv set key cached && ipsetkv --store drawers set key drawn && "
                      "ipsetkv get key && ipsetkv --store drawers get key"),
                "cacheddrawn");
  expect_answer(shell("ipsetkv --store table:other set key otherwise && ipsetkv get key"),
                "cached");
  expect_error(shell("IPSETKV_STORE=somewhere ipsetkv keys"), 2, "");
}

TEST_F(TableToolTest, RejectsAnUnknownStore) {
  for (const char* store : {"cache", "tables:cache", "", "Drawers"})
    expect_error(run({IPSETKV_TOOL, "--store", store, "keys"}), 2, "");
  expect_error(run({IPSETKV_TOOL, "--store", "table:two words", "keys"}), 2,
               "two words: a table's name is 1 to 12 letters, digits, '_' and '.'");
  expect_error(run({IPSETKV_TOOL, "drop", "cache"}), 2, "");
  expect_error(run({IPSETKV_TOOL, "drop", "table:cache"}), 1, "cache: no such table");
  expect_error(run({IPSETKV_TOOL, "info", "table:cache"}), 1, "cache: no such table");
}

TEST_F(TableToolTest, ShowsATable) {
  ASSERT_EQ(
      shell("for i in $(seq 1 40); do printf 'key%s value ' $i; done | xargs ipsetkv mset").status,
      0);
  expect_answer(tool({"set", "long", "-"}), "");
  ASSERT_EQ(tool({"set", "long", "-"}, std::string(5'000, 'x')).status, 0);
  const auto shown = run({IPSETKV_TOOL, "info", "table:cache"});
  EXPECT_EQ(shown.status, 0);
  for (const char* part :
       {"table           cache\n", "keys            41\n", "kernel memory   ", "#"})
    EXPECT_THAT(shown.output, HasSubstr(part));
  const auto json =
      nlohmann::json::parse(run({IPSETKV_TOOL, "info", "table:cache", "--json"}).output);
  EXPECT_EQ(json.at("table"), "cache");
  EXPECT_EQ(json.at("keys"), 41);
  EXPECT_EQ(json.at("long_pairs"), 1);
  // Also where the store is that table, and not where it is said to be drawers.
  EXPECT_EQ(shell("ipsetkv info table:cache").output, shown.output);
  expect_error(shell("ipsetkv --store drawers info table:cache"), 1, "table:cache: no such key");
  const auto key = nlohmann::json::parse(tool({"info", "key1", "--json"}).output);
  EXPECT_EQ(key.at("layout"), "pair");
}

TEST_F(TableToolTest, DropsATableAndNothingElse) {
  expect_answer(tool({"set", "key", "value"}), "");
  expect_answer(
      shell("ipsetkv --store table:other set key other && ipsetkv --store drawers set key drawer"),
      "");
  expect_answer(run({IPSETKV_TOOL, "drop", "table:cache"}), "");
  expect_error(tool({"get", "key"}), 1, "key: no such key");
  expect_answer(shell("ipsetkv --store table:other get key && ipsetkv --store drawers get key"),
                "otherdrawer");
}

TEST_F(TableToolTest, SavesAndRestoresATable) {
  const std::string value(3'000, 'v');
  ASSERT_EQ(tool({"set", "long", "-"}, value).status, 0);
  expect_answer(tool({"set", "short", "s"}), "");
  const auto saved = tool({"save"});
  EXPECT_EQ(saved.status, 0);
  expect_answer(run({IPSETKV_TOOL, "drop", "table:cache"}), "");
  EXPECT_EQ(tool({"restore"}, saved.output).status, 0);
  expect_answer(tool({"get", "long"}), value);
  expect_answer(tool({"get", "short"}), "s");
  EXPECT_EQ(tool({"restore", "--replace"}, saved.output).status, 0);
  const auto elsewhere = run({IPSETKV_TOOL, "restore"}, saved.output);
  EXPECT_EQ(elsewhere.status, 2);
  EXPECT_THAT(elsewhere.errors, HasSubstr("line 2"));
  expect_answer(run({IPSETKV_TOOL, "keys"}), "");
}

TEST_F(TableToolTest, ScansInPages) {
  ASSERT_EQ(
      shell("for i in $(seq 1 100); do printf 'key%s value ' $i; done | xargs ipsetkv mset").status,
      0);
  const auto all = shell(
      "cursor=0; while :; do ipsetkv scan --count 7 $cursor >page; read -r cursor <page; "
      "sed 1d page; [ \"$cursor\" != 0 ] || break; done | sort -u | wc -l; rm page");
  EXPECT_EQ(all.output, "100\n") << all.errors;
}

}  // namespace
}  // namespace ipsetkv::tests
