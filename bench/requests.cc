// SPDX-License-Identifier: MIT
#include "requests.h"

#include <arpa/inet.h>
#include <linux/netfilter/nfnetlink.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

#include "comments.h"

namespace ipsetkv::bench {
namespace {

constexpr std::uint8_t kProtocol = 7;
constexpr std::uint8_t kPlainRevision = 1;
constexpr std::uint8_t kCommentRevision = 3;
constexpr std::size_t kMinHashSize = 64;
constexpr std::uint32_t kMaxElements = 0xFFFFFFFF;

constexpr std::size_t kChunkBytes = 4;
constexpr std::size_t kCommentBytes = 239;

// An attribute's length has 16 bits.
constexpr std::size_t kMaxNestBytes = 65'535;
// Room for one full message and some short ones.
constexpr std::size_t kSendBytes = std::size_t{72} * 1024;

/// Removes from the front of `value` as much as fits, escaped, into a comment, and returns that.
std::string take_comment(std::string_view& value) {
  std::string comment;
  while (!value.empty()) {
    const std::string escaped = escape(value.substr(0, 1));
    if (comment.size() + escaped.size() > kCommentBytes) break;
    comment += escaped;
    value.remove_prefix(1);
  }
  return comment;
}

std::vector<Piece> make_comments(std::string_view value) {
  std::vector<Piece> pieces;
  for (std::string_view rest = value; !rest.empty();) {
    const std::size_t offset = value.size() - rest.size();
    pieces.push_back({.address = htonl(static_cast<std::uint32_t>(offset >> 16) + 1),
                      .port = static_cast<std::uint16_t>(offset),
                      .comment = take_comment(rest)});
  }
  return pieces;
}

std::vector<Piece> make_chunks(std::string_view value) {
  std::vector<Piece> pieces;
  for (std::size_t start = 0; start < value.size(); start += kChunkBytes) {
    const std::string_view bytes = value.substr(start, kChunkBytes);
    Piece piece{.address = 0, .port = static_cast<std::uint16_t>(start / kChunkBytes)};
    std::memcpy(&piece.address, bytes.data(), bytes.size());
    pieces.push_back(std::move(piece));
  }
  return pieces;
}

}  // namespace

std::vector<Piece> make_pieces(Layout layout, std::string_view value) {
  return layout == Layout::kComment ? make_comments(value) : make_chunks(value);
}

std::size_t hashsize_for(Layout layout, std::size_t value_bytes) {
  const std::size_t buckets = layout == Layout::kComment
                                  ? std::bit_ceil(value_bytes / kCommentBytes * 4 / 9)
                                  : std::bit_ceil((value_bytes + kChunkBytes - 1) / kChunkBytes);
  return std::max(kMinHashSize, buckets);
}

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

void Requests::create(std::string_view name, Layout layout, std::size_t hashsize) {
  put_create(NLM_F_CREATE | NLM_F_EXCL, name, layout, hashsize);
}

void Requests::compare(std::string_view name, Layout layout) {
  put_create(NLM_F_CREATE, name, layout, kMinHashSize);
}

void Requests::put_create(std::uint16_t flags, std::string_view name, Layout layout,
                          std::size_t hashsize) {
  const bool comments = layout == Layout::kComment;
  nlmsghdr* const message = begin(IPSET_CMD_CREATE, flags, name);
  mnl_attr_put_strz(message, IPSET_ATTR_TYPENAME, "hash:ip,port");
  mnl_attr_put_u8(message, IPSET_ATTR_REVISION, comments ? kCommentRevision : kPlainRevision);
  mnl_attr_put_u8(message, IPSET_ATTR_FAMILY, AF_INET);
  nlattr* const options = mnl_attr_nest_start(message, IPSET_ATTR_DATA);
  mnl_attr_put_u32(message, IPSET_ATTR_HASHSIZE | NLA_F_NET_BYTEORDER,
                   htonl(static_cast<std::uint32_t>(hashsize)));
  // For Linux 5.11 and later, which would otherwise choose a random seed for the set to compare
  // with.
  if ((flags & NLM_F_EXCL) == 0)
    mnl_attr_put_u32(message, IPSET_ATTR_INITVAL | NLA_F_NET_BYTEORDER, htonl(1));
  if (comments) {
    mnl_attr_put_u32(message, IPSET_ATTR_MAXELEM | NLA_F_NET_BYTEORDER, htonl(kMaxElements));
    mnl_attr_put_u32(message, IPSET_ATTR_CADT_FLAGS | NLA_F_NET_BYTEORDER,
                     htonl(IPSET_FLAG_WITH_COMMENT));
  }
  mnl_attr_nest_end(message, options);
  end(message);
}

void Requests::destroy_all() { end(begin(IPSET_CMD_DESTROY, 0, {})); }

void Requests::flush(std::string_view name) { end(begin(IPSET_CMD_FLUSH, 0, name)); }

/// Writes the element; false, and nothing written, if `elements` has no room for it.
bool Requests::put_element(nlmsghdr* message, nlattr* elements, const Piece& piece) {
  nlattr* const element = mnl_attr_nest_start(message, IPSET_ATTR_DATA);
  nlattr* const ip = mnl_attr_nest_start(message, IPSET_ATTR_IP);
  mnl_attr_put_u32(message, IPSET_ATTR_IPADDR_IPV4 | NLA_F_NET_BYTEORDER, piece.address);
  mnl_attr_nest_end(message, ip);
  mnl_attr_put_u16(message, IPSET_ATTR_PORT | NLA_F_NET_BYTEORDER, htons(piece.port));
  mnl_attr_put_u8(message, IPSET_ATTR_PROTO, IPPROTO_TCP);
  if (!piece.comment.empty()) mnl_attr_put_strz(message, IPSET_ATTR_COMMENT, piece.comment.c_str());
  mnl_attr_nest_end(message, element);
  const auto* const end = static_cast<const char*>(mnl_nlmsg_get_payload_tail(message));
  const bool fits = elements == nullptr ||
                    end - reinterpret_cast<const char*>(elements) <= std::ptrdiff_t{kMaxNestBytes};
  if (!fits) mnl_attr_nest_cancel(message, element);
  return fits;
}

void Requests::add(std::string_view name, const std::vector<Piece>& pieces) {
  for (std::size_t done = 0; done < pieces.size();) {
    if (done > 0) start_another_send();
    nlmsghdr* const message = begin(IPSET_CMD_ADD, NLM_F_EXCL, name);
    mnl_attr_put_u32(message, IPSET_ATTR_LINENO | NLA_F_NET_BYTEORDER, 0);
    nlattr* const elements = mnl_attr_nest_start(message, IPSET_ATTR_ADT);
    while (done < pieces.size() &&
           put_element(message, elements, pieces[(done + 1) % pieces.size()]))
      ++done;
    mnl_attr_nest_end(message, elements);
    end(message);
  }
}

void Requests::put(std::string_view name, const Address& address, std::string_view comment) {
  nlmsghdr* const message = begin(IPSET_CMD_ADD, 0, name);
  nlattr* const element = mnl_attr_nest_start(message, IPSET_ATTR_DATA);
  nlattr* const ip = mnl_attr_nest_start(message, IPSET_ATTR_IP);
  mnl_attr_put(message, IPSET_ATTR_IPADDR_IPV6 | NLA_F_NET_BYTEORDER, address.size(),
               address.data());
  mnl_attr_nest_end(message, ip);
  mnl_attr_put_u32(message, IPSET_ATTR_TIMEOUT | NLA_F_NET_BYTEORDER, 0);
  mnl_attr_put_strz(message, IPSET_ATTR_COMMENT, std::string(comment).c_str());
  mnl_attr_nest_end(message, element);
  end(message);
}

void Requests::rename(std::string_view from, std::string_view to) {
  nlmsghdr* const message = begin(IPSET_CMD_RENAME, 0, from);
  mnl_attr_put_strz(message, IPSET_ATTR_SETNAME2, std::string(to).c_str());
  end(message);
}

void Requests::swap(std::string_view one, std::string_view other) {
  nlmsghdr* const message = begin(IPSET_CMD_SWAP, 0, one);
  mnl_attr_put_strz(message, IPSET_ATTR_SETNAME2, std::string(other).c_str());
  end(message);
}

void Requests::test(std::string_view name, const Piece& piece) {
  nlmsghdr* const message = begin(IPSET_CMD_TEST, 0, name);
  (void)put_element(message, nullptr, {.address = piece.address, .port = piece.port});
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
