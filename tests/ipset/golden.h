// SPDX-License-Identifier: MIT
#pragma once

#include <gtest/gtest.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>

#include <algorithm>
#include <cstring>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "ipset/batch.h"
#include "netlink/attributes.h"
#include "support/hex.h"

namespace ipsetkv::ipset {

// Requests of the stock `ipset` 7.17, recorded with strace on a little-endian machine. Ours say the
// same, except that
//  - ours have the family 0 in netfilter's header where the stock tool has 2 (inet): ipset ignores
//  it;
//  - ours ask for no acknowledgement;
//  - attributes may stand in another order;
//  - the stock tool gives a single element the line 0, ours only if a line is set;
//  - it sends NLM_F_EXCL with `destroy` of all sets as well, where there is nothing to be missing.
struct Golden {
  std::string command;
  std::string hex;
  std::function<void(Batch&)> ask;
};

/// What every request has in common: sequence number and port id, which are not compared,
/// netfilter's header, and the protocol's version 7.
inline const std::string kStart = "00000000 00000000 02000000 05000100 07000000";

/// A run of attributes as text, one a line, sorted, for comparing requests whose attributes stand
/// in another order. A type has "n" behind it where its flag says network order. What is nested is
/// indented.
[[nodiscard]] inline std::string attribute_tree(std::span<const std::byte> bytes,
                                                const std::string& indent = "") {
  std::vector<std::string> lines;
  netlink::Attributes attributes(bytes);
  for (std::size_t place = 0; const auto attribute = attributes.next();) {
    nlattr header;
    std::memcpy(&header, bytes.data() + place, sizeof header);
    place += NLA_ALIGN(header.nla_len);
    std::string line = indent + std::to_string(attribute->type());
    if ((header.nla_type & NLA_F_NET_BYTEORDER) != 0) line += 'n';
    line += (header.nla_type & NLA_F_NESTED) != 0
                ? ":\n" + attribute_tree(attribute->payload(), indent + "  ")
                : " " + tests::to_hex(attribute->payload()) + "\n";
    lines.push_back(line);
  }
  if (attributes.malformed()) lines.push_back(indent + "malformed\n");
  std::sort(lines.begin(), lines.end());
  std::string tree;
  for (const std::string& line : lines) tree += line;
  return tree;
}

/// A request without what differs from one to the next: its length, sequence number and port id.
[[nodiscard]] inline std::string request_tree(std::span<const std::byte> request) {
  nlmsghdr header;
  std::memcpy(&header, request.data(), sizeof header);
  // Ours ask for no acknowledgement: see Connection::execute.
  const int flags = header.nlmsg_flags & ~NLM_F_ACK;
  return "message " + std::to_string(header.nlmsg_type) + " flags " + std::to_string(flags) + "\n" +
         attribute_tree(request.subspan(sizeof(nlmsghdr) + sizeof(nfgenmsg)));
}

inline void expect_golden(const Golden& golden) {
  SCOPED_TRACE(golden.command);
  Batch batch(7);
  golden.ask(batch);
  const auto ours = batch.finish(1);
  ASSERT_TRUE(ours);
  EXPECT_EQ(request_tree(*ours), request_tree(tests::from_hex(golden.hex)));
}

}  // namespace ipsetkv::ipset
