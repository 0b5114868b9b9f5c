// SPDX-License-Identifier: MIT
#include "base/glob.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <string_view>

namespace ipsetkv {
namespace {

struct Case {
  std::string_view pattern;
  std::string_view text;
  bool matches;
};

template <std::size_t N>
void check(const Case (&cases)[N]) {
  for (const Case& glob : cases) {
    SCOPED_TRACE(std::string(glob.pattern) + " and " + std::string(glob.text));
    EXPECT_EQ(glob_matches(glob.pattern, glob.text), glob.matches);
  }
}

TEST(Glob, MatchesOrdinaryBytesExactly) {
  check({{"", "", true},
         {"", "a", false},
         {"a", "", false},
         {"abc", "abc", true},
         {"abc", "ab", false},
         {"ab", "abc", false},
         {"abc", "abC", false},
         {"a.c", "abc", false},
         {"{a,b}", "a", false}});
}

TEST(Glob, MatchesAnyBytesWithAStar) {
  check({{"*", "", true},
         {"*", "anything", true},
         {"**", "", true},
         {"***", "anything", true},
         {"a*", "a", true},
         {"a*", "abc", true},
         {"a*", "ba", false},
         {"*a", "ba", true},
         {"*a", "ab", false},
         {"*b*", "abc", true},
         {"*b*", "ac", false},
         {"a*c", "abcbc", true},
         {"a*c", "abcb", false},
         {"a*b*c", "aXbXc", true},
         {"a*b*c", "acb", false},
         {"*ab*ab", "abab", true},
         {"*ab*ab", "aab", false},
         {"*aab", "aaaab", true},
         {"a/*", "a/b/c", true}});
}

TEST(Glob, MatchesOneByteWithAQuestionMark) {
  check({{"?", "a", true},
         {"?", "", false},
         {"?", "ab", false},
         {"a?c", "abc", true},
         {"??", "ab", true},
         {"*??", "a", false},
         {"?*", "a", true},
         {"*?", "abc", true}});
}

TEST(Glob, MatchesOneOfTheBytesInABracket) {
  check({{"[abc]", "b", true},     {"[abc]", "d", false},       {"[abc]", "", false},
         {"[abc]", "ab", false},   {"h[ae]llo", "hello", true}, {"h[ae]llo", "hillo", false},
         {"[a-c]", "b", true},     {"[a-c]", "d", false},       {"[a-cx-z]", "y", true},
         {"[c-a]", "b", true},     {"[a-]", "-", true},         {"[-a]", "-", true},
         {"[^a]", "b", true},      {"[^a]", "a", false},        {"[^a]", "", false},
         {"[^a-c]x", "dx", true},  {"[^a-c]x", "bx", false},    {"[a^]", "^", true},
         {"[*?]", "*", true},      {"[*?]", "a", false},        {"[]", "a", false},
         {"*[0-9]", "key7", true}, {"*[0-9]", "key", false}});
}

TEST(Glob, ReadsAnUnclosedBracketUpToTheEnd) {
  check({{"[abc", "b", true}, {"[abc", "d", false}, {"[a-", "-", true}, {"[", "[", false}});
}

TEST(Glob, MatchesTheCharacterAfterABackslashExactly) {
  check({{R"(\*)", "*", true},
         {R"(\*)", "a", false},
         {R"(\?)", "?", true},
         {R"(\[a])", "[a]", true},
         {R"(\\)", "\\", true},
         {R"(\a)", "a", true},
         {R"([\]])", "]", true},
         {R"([a\]b])", "b", true},
         {R"([\^a])", "^", true},
         {R"(a\)", R"(a\)", true}});
}

TEST(Glob, ComparesBytesAboveAsciiAsNumbers) {
  check({{"?", "\xff", true},
         {"[\x80-\xff]", "\xe9", true},
         {"[a-\xff]", "\xe9", true},
         {"[\x80-\xff]", "a", false}});
}

TEST(Glob, MatchesManyStarsInPolynomialTime) {
  std::string pattern;
  for (int star = 0; star < 1000; ++star) pattern += "*a";
  const auto start = std::chrono::steady_clock::now();
  EXPECT_FALSE(glob_matches(pattern + "b", std::string(5000, 'a')));
  // Backtracking over all stars would take exponential time.
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(10));
}

}  // namespace
}  // namespace ipsetkv
