// SPDX-License-Identifier: MIT
#include "server/protocol/reply.h"

#include <gtest/gtest.h>

namespace ipsetkv::server {
namespace {

/// One of each kind.
std::string all_of(int protocol) {
  std::string out;
  Reply reply(out, protocol);
  reply.ok();
  reply.error("ERR two\r\nlines");
  reply.integer(-7);
  reply.bulk(std::string_view("a\0b", 3));
  reply.null();
  reply.null_array();
  reply.number(1.5L);
  reply.verbatim("text");
  reply.array(2);
  reply.map(1);
  reply.set(3);
  reply.push(4);
  return out;
}

TEST(ReplyTest, WritesResp2) {
  EXPECT_EQ(all_of(2), "+OK\r\n-ERR two  lines\r\n:-7\r\n$3\r\n" + std::string("a\0b", 3) +
                           "\r\n$-1\r\n*-1\r\n$3\r\n1.5\r\n$4\r\ntext\r\n*2\r\n*2\r\n*3\r\n*4\r\n");
}

TEST(ReplyTest, WritesResp3) {
  EXPECT_EQ(all_of(3), "+OK\r\n-ERR two  lines\r\n:-7\r\n$3\r\n" + std::string("a\0b", 3) +
                           "\r\n_\r\n_\r\n,1.5\r\n=8\r\ntxt:text\r\n*2\r\n%1\r\n~3\r\n>4\r\n");
}

}  // namespace
}  // namespace ipsetkv::server
