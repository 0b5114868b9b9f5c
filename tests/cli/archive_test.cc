// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "support/command.h"
#include "support/private_namespace.h"

namespace ipsetkv::tests {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

const std::string kSaved =
    "# ipsetkv archive 1\n"
    "create drawer hash:ip,port family inet hashsize 64 maxelem 65536\n"
    "add drawer 98.111.111.107,tcp:1\n"
    "add drawer 110.111.116.101,tcp:0\n"
    "# ipsetkv elements 2\n"
    "# ipsetkv end 1\n";

/// `save` and `restore` as processes, with a folder of their own.
class ArchiveToolTest : public KernelTest {
 protected:
  void SetUp() override {
    KernelTest::SetUp();
    std::string pattern = (fs::temp_directory_path() / "ipsetkv-test.XXXXXX").string();
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { fs::remove_all(folder_); }

  static CommandResult tool(std::vector<std::string> words, std::string_view input = {}) {
    words.insert(words.begin(), IPSETKV_TOOL);
    return run(words, input);
  }
  static void expect_silent_success(const CommandResult& result) {
    EXPECT_EQ(result.status, 0);
    EXPECT_EQ(result.output, "");
    EXPECT_EQ(result.errors, "");
  }
  [[nodiscard]] std::string path(const std::string& name) const { return folder_ / name; }
  [[nodiscard]] static std::string content(const std::string& file) {
    std::ostringstream text;
    text << std::ifstream(file).rdbuf();
    return text.str();
  }
  [[nodiscard]] std::size_t files() const {
    return static_cast<std::size_t>(
        std::distance(fs::directory_iterator(folder_), fs::directory_iterator()));
  }

  fs::path folder_;
};

TEST_F(ArchiveToolTest, SavesToStandardOutputAndRestoresFromStandardInput) {
  expect_silent_success(tool({"set", "drawer", "notebook"}));
  const auto saved = tool({"save"});
  EXPECT_EQ(saved.status, 0);
  EXPECT_EQ(saved.output, kSaved);
  expect_silent_success(tool({"del", "drawer"}));
  expect_silent_success(tool({"restore"}, saved.output));
  EXPECT_EQ(tool({"get", "drawer"}).output, "notebook");
  EXPECT_EQ(tool({"save", "-"}).output, kSaved);
  expect_silent_success(tool({"restore", "-", "--replace"}, saved.output));
}

TEST_F(ArchiveToolTest, SavesForTheStockToolAndRestoresItsOutput) {
  const std::vector<std::string> keys{"drawer", "two words", "-exist"};
  const std::string layouts[] = {"ipv4", "ipv6", "comment", "counters"};
  const std::string value(100, '\xff');
  for (const std::string& layout : layouts) {
    SCOPED_TRACE(layout);
    for (const std::string& key : keys)
      expect_silent_success(tool({"set", "--layout", layout, "--ex", "3600", "--", key, value}));
    const std::string ours = tool({"save"}).output;
    const std::string stock = run({"ipset", "save"}).output;
    enter_private_namespace();
    EXPECT_EQ(run({"ipset", "restore"}, ours).status, 0);
    for (const std::string& key : keys) EXPECT_EQ(tool({"get", "--", key}).output, value);
    enter_private_namespace();
    expect_silent_success(tool({"restore"}, stock));
    for (const std::string& key : keys) {
      EXPECT_EQ(tool({"get", "--", key}).output, value);
      EXPECT_THAT(tool({"info", "--json", "--", key}).output, HasSubstr("\"" + layout + "\""));
      EXPECT_NE(tool({"ttl", "--", key}).output, "-1\n");
    }
  }
}

// The sanitizer's own memory is more than that.
#ifndef IPSETKV_SANITIZED
TEST_F(ArchiveToolTest, NeedsTwoAndAHalfTimesTheMemoryOfALongValue) {
  constexpr long kMebibytes = 64;
  // One after the other: a child begins with the memory of this process.
  const std::string set = "yes 'a line of text' | head -c 64M | tee " + path("value") +
                          " | " IPSETKV_TOOL " set long -";
  ASSERT_EQ(run({"sh", "-c", set}).status, 0);
  expect_silent_success(tool({"save", path("saved")}));
  enter_private_namespace();
  expect_silent_success(tool({"restore", path("saved")}));
  struct rusage children {};
  ASSERT_EQ(getrusage(RUSAGE_CHILDREN, &children), 0);
  EXPECT_LT(children.ru_maxrss, kMebibytes * 1024 * 11 / 4);
  EXPECT_EQ(run({"sh", "-c", IPSETKV_TOOL " get long | cmp - " + path("value")}).status, 0);
}
#endif

TEST_F(ArchiveToolTest, ReplacesAFileAsAWhole) {
  const std::string file = path("saved");
  expect_silent_success(tool({"set", "drawer", "notebook"}));
  expect_silent_success(tool({"save", file}));
  EXPECT_EQ(content(file), kSaved);
  struct stat status {};
  ASSERT_EQ(stat(file.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0600U);

  // Another file takes its place, with the same permissions, also behind a link.
  ASSERT_EQ(chmod(file.c_str(), 0640), 0);
  fs::create_symlink("saved", path("link"));
  fs::create_hard_link(file, path("before"));
  expect_silent_success(tool({"set", "drawer", "other"}));
  expect_silent_success(tool({"save", path("link")}));
  EXPECT_TRUE(fs::is_symlink(path("link")));
  EXPECT_EQ(content(path("before")), kSaved);
  EXPECT_NE(content(file), kSaved);
  ASSERT_EQ(stat(file.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0640U);
  EXPECT_EQ(files(), 3U);
}

TEST_F(ArchiveToolTest, LeavesTheOldFileWhenItCannotSave) {
  const std::string file = path("saved");
  std::ofstream(file) << "old";
  expect_silent_success(tool({"set", "drawer", std::string(100'000, 'x')}));
  // The shell's limit on the size of files stands for a full disk.
  const auto result =
      run({"sh", "-c", "trap '' XFSZ; ulimit -f 8; exec " IPSETKV_TOOL " save " + file});
  EXPECT_EQ(result.status, 3);
  EXPECT_THAT(result.errors, HasSubstr("writing failed: File too large"));
  EXPECT_EQ(content(file), "old");
  EXPECT_EQ(files(), 1U);
  EXPECT_EQ(tool({"save", path("no/folder")}).status, 3);
}

TEST_F(ArchiveToolTest, WritesInPlaceUnlessItIsARegularFile) {
  expect_silent_success(tool({"set", "drawer", "notebook"}));
  expect_silent_success(tool({"save", "/dev/null"}));
  EXPECT_TRUE(fs::is_character_file("/dev/null"));
  EXPECT_EQ(run({"sh", "-c", IPSETKV_TOOL " save /dev/stdout | cat"}).output, kSaved);
}

TEST_F(ArchiveToolTest, NamesTheLineOrKeyAtWhichItStopped) {
  std::ofstream(path("saved")) << kSaved;
  expect_silent_success(tool({"restore", path("saved")}));
  const auto exists = tool({"restore", path("saved")});
  EXPECT_EQ(exists.status, 2);
  EXPECT_EQ(exists.errors,
            "ipsetkv: drawer: the key exists; it is unchanged, use --replace to replace such keys "
            "or --keep to leave them; 0 keys were restored before that\n");
  const auto wrong = tool({"restore", "--replace"}, kSaved + "add drawer 1.2.3.4,tcp:0\n");
  EXPECT_EQ(wrong.status, 2);
  EXPECT_EQ(
      wrong.errors,
      "ipsetkv: line 7: drawer: the set is not the one that the last `create` made; 1 key was "
      "restored before that\n");
  EXPECT_EQ(tool({"restore", path("saved"), "--replace", "--keep"}).status, 2);
  EXPECT_EQ(tool({"restore", path("missing")}).status, 3);
  EXPECT_EQ(tool({"restore", folder_.string()}).status, 3);
}

TEST_F(ArchiveToolTest, PrintsItsCountsInJson) {
  const std::string foreign = "create net hash:net family inet hashsize 64 maxelem 9\n";
  const auto restored = tool({"restore", "--json"}, foreign + kSaved);
  EXPECT_EQ(restored.status, 0);
  EXPECT_EQ(restored.output, "{\"restored\":1,\"kept\":0,\"expired\":0,\"foreign\":1}\n");
  EXPECT_EQ(restored.errors, "ipsetkv: 1 set that is no value of ipsetkv was passed over\n");
  EXPECT_EQ(tool({"restore", "--json", "--keep"}, kSaved).output,
            "{\"restored\":0,\"kept\":1,\"expired\":0,\"foreign\":0}\n");
}

TEST_F(ArchiveToolTest, ShowsProgressOnATerminalOnly) {
  // The text comes slowly; `script` gives the tool a terminal.
  std::ofstream(path("saved")) << kSaved;
  const std::string slow =
      "(head -n 2 " + path("saved") + "; sleep 1.3; tail -n +3 " + path("saved") + ") | ";
  const std::string restore = IPSETKV_TOOL " restore --replace";
  const auto silent = run({"sh", "-c", slow + restore});
  expect_silent_success(silent);
  const auto shown = run({"script", "-qec", slow + restore, "/dev/null"});
  EXPECT_EQ(shown.status, 0);
  EXPECT_THAT(shown.output, HasSubstr("ipsetkv: restored 0 MiB"));
}

}  // namespace
}  // namespace ipsetkv::tests
