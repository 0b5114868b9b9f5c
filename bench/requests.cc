// SPDX-License-Identifier: MIT
#include "requests.h"

#include <arpa/inet.h>
#include <linux/netfilter/nfnetlink.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>
#include <utility>

namespace ipsetkv::bench {
namespace {

constexpr std::uint8_t kProtocol = 7;
constexpr std::uint8_t kRevision = 1;

// An attribute's length has 16 bits.
constexpr std::size_t kMaxNestBytes = 65'535;
// An element on the wire: three headers, address, port and protocol, each padded to four bytes.
constexpr std::size_t kElementBytes = 32;
constexpr std::size_t kMaxElements = (kMaxNestBytes - sizeof(nlattr)) / kElementBytes;

// Two full messages and a few short ones; below net.core.wmem_default (usually 212,992 bytes).
constexpr std::size_t kSendBytes = std::size_t{136} * 1024;
// The longest short message.
constexpr std::size_t kShortBytes = 256;

}  // namespace

Requests::Requests() : open_(kSendBytes) {}

nlmsghdr* Requests::begin(ipset_cmd command, std::uint16_t flags, std::string_view name) {
  last_ = used_;
  nlmsghdr* const message = mnl_nlmsg_put_header(open_.data() + used_);
  message->nlmsg_type = static_cast<std::uint16_t>(NFNL_SUBSYS_IPSET << 8 | command);
  message->nlmsg_flags = static_cast<std::uint16_t>(NLM_F_REQUEST | flags);
  auto* const family =
      static_cast<nfgenmsg*>(mnl_nlmsg_put_extra_header(message, sizeof(nfgenmsg)));
  family->nfgen_family = AF_UNSPEC;
  family->version = NFNETLINK_V0;
  mnl_attr_put_u8(message, IPSET_ATTR_PROTOCOL, kProtocol);
  if (!name.empty()) mnl_attr_put_strz(message, IPSET_ATTR_SETNAME, std::string(name).c_str());
  return message;
}

void Requests::end(nlmsghdr* message) { used_ += MNL_ALIGN(message->nlmsg_len); }

void Requests::create(std::string_view name, std::size_t hashsize) {
  nlmsghdr* const message = begin(IPSET_CMD_CREATE, NLM_F_CREATE | NLM_F_EXCL, name);
  mnl_attr_put_strz(message, IPSET_ATTR_TYPENAME, "hash:ip,port");
  mnl_attr_put_u8(message, IPSET_ATTR_REVISION, kRevision);
  mnl_attr_put_u8(message, IPSET_ATTR_FAMILY, AF_INET);
  nlattr* const options = mnl_attr_nest_start(message, IPSET_ATTR_DATA);
  mnl_attr_put_u32(message, IPSET_ATTR_HASHSIZE | NLA_F_NET_BYTEORDER,
                   htonl(static_cast<std::uint32_t>(hashsize)));
  mnl_attr_nest_end(message, options);
  end(message);
}

void Requests::destroy_all() { end(begin(IPSET_CMD_DESTROY, 0, {})); }

void Requests::flush(std::string_view name) { end(begin(IPSET_CMD_FLUSH, 0, name)); }

void Requests::put_element(nlmsghdr* message, std::string_view value, std::size_t chunk) {
  const std::string_view bytes = value.substr(chunk * 4, 4);
  std::uint32_t address = 0;
  std::memcpy(&address, bytes.data(), bytes.size());
  nlattr* const element = mnl_attr_nest_start(message, IPSET_ATTR_DATA);
  nlattr* const ip = mnl_attr_nest_start(message, IPSET_ATTR_IP);
  mnl_attr_put_u32(message, IPSET_ATTR_IPADDR_IPV4 | NLA_F_NET_BYTEORDER, address);
  mnl_attr_nest_end(message, ip);
  mnl_attr_put_u16(message, IPSET_ATTR_PORT | NLA_F_NET_BYTEORDER,
                   htons(static_cast<std::uint16_t>(chunk)));
  mnl_attr_put_u8(message, IPSET_ATTR_PROTO, IPPROTO_TCP);
  mnl_attr_nest_end(message, element);
}

void Requests::add(std::string_view name, std::string_view value) {
  std::size_t left = chunk_count(value.size());
  while (left > 0) {
    const std::size_t count = std::min(left, kMaxElements);
    if (used_ + count * kElementBytes + 2 * kShortBytes > kSendBytes) start_another_send();
    nlmsghdr* const message = begin(IPSET_CMD_ADD, NLM_F_EXCL, name);
    mnl_attr_put_u32(message, IPSET_ATTR_LINENO | NLA_F_NET_BYTEORDER, 0);
    nlattr* const elements = mnl_attr_nest_start(message, IPSET_ATTR_ADT);
    for (std::size_t i = 0; i < count; ++i) put_element(message, value, --left);
    mnl_attr_nest_end(message, elements);
    end(message);
  }
}

void Requests::swap(std::string_view one, std::string_view other) {
  nlmsghdr* const message = begin(IPSET_CMD_SWAP, 0, one);
  mnl_attr_put_strz(message, IPSET_ATTR_SETNAME2, std::string(other).c_str());
  end(message);
}

void Requests::test(std::string_view name, std::string_view value) {
  nlmsghdr* const message = begin(IPSET_CMD_TEST, 0, name);
  put_element(message, value, 0);
  end(message);
}

void Requests::list(std::string_view name) { end(begin(IPSET_CMD_LIST, NLM_F_DUMP, name)); }

void Requests::acknowledge_last() {
  reinterpret_cast<nlmsghdr*>(open_.data() + last_)->nlmsg_flags |= NLM_F_ACK;
}

void Requests::start_another_send() {
  if (used_ == 0) return;
  sends_.emplace_back(open_.begin(), open_.begin() + static_cast<std::ptrdiff_t>(used_));
  open_.assign(kSendBytes, std::byte{0});
  used_ = 0;
}

Sends Requests::take() {
  start_another_send();
  return std::exchange(sends_, {});
}

}  // namespace ipsetkv::bench
