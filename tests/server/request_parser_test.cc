// SPDX-License-Identifier: MIT
#include "server/protocol/request_parser.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace ipsetkv::server {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Status = RequestParser::Status;

/// The error in `bytes`; empty if there is none.
std::string error_of(std::string_view bytes, bool authenticated = true) {
  RequestParser parser;
  const RequestLimits limits{.longest_word = 1000, .authenticated = authenticated};
  return parser.parse(bytes, limits) == Status::kBroken ? parser.error() : std::string();
}

TEST(RequestParserTest, ParsesArraysOfAnyBytes) {
  RequestParser parser;
  const std::string request =
      "*3\r\n$3\r\nSET\r\n$1\r\na\r\n$4\r\n\r\n" + std::string("\0x", 2) + "\r\n";
  const std::string bytes = request + "*1\r\n";
  ASSERT_EQ(parser.parse(bytes, {}), Status::kComplete);
  EXPECT_THAT(parser.words(), ElementsAre("SET", "a", std::string("\r\n\0x", 4)));
  EXPECT_EQ(parser.consumed(), request.size());
}

TEST(RequestParserTest, ContinuesAtTheByteWhereItStopped) {
  const std::string request = "*2\r\n$4\r\nECHO\r\n$10\r\n0123456789\r\n";
  for (std::size_t cut = 0; cut < request.size(); ++cut) {
    RequestParser parser;
    EXPECT_EQ(parser.parse(request.substr(0, cut), {}), Status::kIncomplete) << cut;
    ASSERT_EQ(parser.parse(request, {}), Status::kComplete) << cut;
    EXPECT_THAT(parser.words(), ElementsAre("ECHO", "0123456789"));
  }
  RequestParser parser;
  for (std::size_t size = 0; size < request.size(); ++size)
    ASSERT_EQ(parser.parse(request.substr(0, size), {}), Status::kIncomplete) << size;
  EXPECT_EQ(parser.parse(request, {}), Status::kComplete);
}

TEST(RequestParserTest, ParsesLinesOfWords) {
  RequestParser parser;
  ASSERT_EQ(parser.parse("set a 'b c'\r\nget a\r\n", {}), Status::kComplete);
  EXPECT_THAT(parser.words(), ElementsAre("set", "a", "b c"));
  EXPECT_EQ(parser.consumed(), 13U);
  parser.reset();
  ASSERT_EQ(parser.parse("\r\n", {}), Status::kComplete);
  EXPECT_THAT(parser.words(), IsEmpty());
}

TEST(RequestParserTest, ParsesEmptyRequests) {
  for (const std::string_view request : {"*0\r\n", "*-1\r\n"}) {
    RequestParser parser;
    ASSERT_EQ(parser.parse(request, {}), Status::kComplete) << request;
    EXPECT_THAT(parser.words(), IsEmpty());
    EXPECT_EQ(parser.consumed(), request.size());
  }
}

TEST(RequestParserTest, ReportsErrors) {
  EXPECT_EQ(error_of("*x\r\n"), "Protocol error: invalid multibulk length");
  EXPECT_EQ(error_of("*2147483648\r\n"), "Protocol error: invalid multibulk length");
  EXPECT_EQ(error_of("*1\r\n:1\r\n"), "Protocol error: expected '$', got ':'");
  EXPECT_EQ(error_of("*1\r\n*1\r\n"), "Protocol error: expected '$', got '*'");
  EXPECT_EQ(error_of("*1\r\n$-1\r\n"), "Protocol error: invalid bulk length");
  EXPECT_EQ(error_of("*1\r\n$1001\r\n"), "Protocol error: invalid bulk length");
  EXPECT_EQ(error_of("*" + std::string(70'000, '1')), "Protocol error: too big mbulk count string");
  EXPECT_EQ(error_of("*1\r\n$" + std::string(70'000, '1')),
            "Protocol error: too big bulk count string");
  EXPECT_EQ(error_of(std::string(70'000, 'a')), "Protocol error: too big inline request");
  EXPECT_EQ(error_of("set 'a\r\n"), "Protocol error: unbalanced quotes in request");
  EXPECT_EQ(error_of("*1\r\n$1000\r\n"), "");
}

TEST(RequestParserTest, HasLowLimitsBeforeAuthentication) {
  EXPECT_EQ(error_of("*10\r\n", false), "");
  EXPECT_EQ(error_of("*11\r\n", false), "Protocol error: unauthenticated multibulk length");
  RequestParser parser;
  EXPECT_EQ(parser.parse("*1\r\n$16385\r\n", {.authenticated = false}), Status::kBroken);
  EXPECT_EQ(parser.error(), "Protocol error: unauthenticated bulk length");
}

TEST(RequestParserTest, ReservesNoMemoryForAnnouncedLengths) {
  RequestParser parser;
  EXPECT_EQ(parser.parse("*2147483647\r\n$536870912\r\nx", {}), Status::kIncomplete);
  EXPECT_THAT(parser.words(), IsEmpty());
}

}  // namespace
}  // namespace ipsetkv::server
