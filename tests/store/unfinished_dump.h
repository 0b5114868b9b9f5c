// SPDX-License-Identifier: MIT
#pragma once

#include <gtest/gtest.h>
#include <linux/netfilter/ipset/ip_set.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace ipsetkv::tests {

/// A reader that has begun to list a set and does not fetch the rest. While it exists, the kernel
/// refuses to swap, rename and destroy the set, provided that its listing takes more than one part.
class UnfinishedDump {
 public:
  explicit UnfinishedDump(std::string_view set)
      : descriptor_(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER)) {
    nlmsghdr header{};
    header.nlmsg_type = NFNL_SUBSYS_IPSET << 8 | IPSET_CMD_LIST;
    header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
    const nfgenmsg family{.nfgen_family = AF_INET, .version = NFNETLINK_V0, .res_id = 0};
    std::size_t size = sizeof header;
    const auto put = [&](const void* bytes, std::size_t count) {
      std::memcpy(&request_[size], bytes, count);
      size += NLMSG_ALIGN(count);
    };
    const auto put_attribute = [&](std::uint16_t type, const void* bytes, std::size_t count) {
      const nlattr attribute{.nla_len = static_cast<std::uint16_t>(sizeof(nlattr) + count),
                             .nla_type = type};
      put(&attribute, sizeof attribute);
      put(bytes, count);
    };
    const std::uint8_t protocol = IPSET_PROTOCOL_MIN;
    std::array<char, IPSET_MAXNAMELEN> name{};
    std::memcpy(name.data(), set.data(), set.size());
    put(&family, sizeof family);
    put_attribute(IPSET_ATTR_PROTOCOL, &protocol, sizeof protocol);
    put_attribute(IPSET_ATTR_SETNAME, name.data(), set.size() + 1);
    header.nlmsg_len = static_cast<std::uint32_t>(size);
    std::memcpy(request_.data(), &header, sizeof header);
    EXPECT_EQ(send(descriptor_, request_.data(), size, 0), static_cast<ssize_t>(size));
  }
  UnfinishedDump(const UnfinishedDump&) = delete;
  UnfinishedDump& operator=(const UnfinishedDump&) = delete;
  ~UnfinishedDump() { close(descriptor_); }

 private:
  int descriptor_;
  std::array<std::byte, 256> request_{};
};

}  // namespace ipsetkv::tests
