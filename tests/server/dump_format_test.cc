// SPDX-License-Identifier: MIT
#include "server/protocol/dump_format.h"

#include <gtest/gtest.h>

#include <string>

#include "server/protocol/lzf.h"

namespace ipsetkv::server {
namespace {

TEST(DumpFormatTest, ComputesTheChecksumOfRedis) {
  // The check value of this CRC-64 (crc64.c of Redis).
  EXPECT_EQ(crc64("123456789"), 0xe9c6d914c4b8d9caU);
}

TEST(DumpFormatTest, RestoresWhatItHasDumped) {
  for (const std::size_t size : {0U, 1U, 63U, 64U, 16'383U, 16'384U, 100'000U}) {
    const std::string value(size, '\xff');
    EXPECT_EQ(undump_value(dump_value(value)).value, value) << size;
  }
}

TEST(DumpFormatTest, RejectsCorruptDumps) {
  const std::string dump = dump_value("a value");
  for (std::size_t at = 0; at < dump.size(); ++at) {
    std::string broken = dump;
    broken[at] = static_cast<char>(broken[at] ^ 1);
    EXPECT_FALSE(undump_value(broken).value) << at;
    EXPECT_FALSE(undump_value(dump.substr(0, at)).value) << at;
  }
}

TEST(LzfTest, Decompresses) {
  EXPECT_EQ(unpack_lzf(std::string_view("\2abc", 4), 3), "abc");
  // Two bytes, and nine more from one byte before: a repetition of itself.
  EXPECT_EQ(unpack_lzf(std::string_view("\1ab\xe0\x00\x01", 6), 11), "abababababa");
}

TEST(LzfTest, RejectsOutputOfAnotherLength) {
  EXPECT_FALSE(unpack_lzf(std::string_view("\2abc", 4), 2));
  EXPECT_FALSE(unpack_lzf(std::string_view("\2abc", 4), 4));
  EXPECT_FALSE(unpack_lzf(std::string_view("\3abc", 4), 4));
  EXPECT_FALSE(unpack_lzf(std::string_view("\0a\x20\x05", 4), 4)) << "from before the beginning";
  EXPECT_FALSE(unpack_lzf(std::string_view("\0a\xe0", 3), 100));
}

}  // namespace
}  // namespace ipsetkv::server
