// SPDX-License-Identifier: MIT
#include "server/protocol/line_words.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

namespace ipsetkv::server {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::optional<std::vector<std::string>> words_of(std::string_view line) {
  std::vector<std::string> words{"of before"};
  if (!split_line(line, words)) return std::nullopt;
  return words;
}

TEST(LineWordsTest, SplitsAtWhiteSpace) {
  EXPECT_THAT(words_of("").value(), IsEmpty());
  EXPECT_THAT(words_of("  \t ").value(), IsEmpty());
  EXPECT_THAT(words_of(" get\t a  b ").value(), ElementsAre("get", "a", "b"));
}

TEST(LineWordsTest, ParsesQuotedWordsAndEscapes) {
  EXPECT_THAT(words_of(R"("a b" 'c d' "")").value(), ElementsAre("a b", "c d", ""));
  EXPECT_THAT(words_of(R"("\x41\x0g\n\r\t\a\b\"\\")").value(), ElementsAre("Ax0g\n\r\t\a\b\"\\"));
  EXPECT_THAT(words_of(R"('it\'s' '\n')").value(), ElementsAre("it's", "\\n"));
}

TEST(LineWordsTest, RejectsQuotesThatDoNotEndAWord) {
  EXPECT_FALSE(words_of("\"a"));
  EXPECT_FALSE(words_of("'a"));
  EXPECT_FALSE(words_of("\"a\"b"));
  EXPECT_FALSE(words_of("'a'b"));
  EXPECT_FALSE(words_of("\"a\\"));
}

}  // namespace
}  // namespace ipsetkv::server
