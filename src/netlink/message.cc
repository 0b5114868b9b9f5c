// SPDX-License-Identifier: MIT
#include "netlink/message.h"

#include <libmnl/libmnl.h>

#include <algorithm>
#include <cstring>
#include <limits>

namespace ipsetkv::netlink {

bool Message::is_error() const { return type == NLMSG_ERROR; }

bool Message::is_done() const { return type == NLMSG_DONE; }

bool Message::is_interrupted() const { return (flags & NLM_F_DUMP_INTR) != 0; }

std::optional<std::int32_t> Message::error() const {
  std::int32_t code = 0;
  // Before Linux 2.6.19 the end of a dump has no result.
  if (is_done() && payload.empty()) return 0;
  if (payload.size() < sizeof code) return std::nullopt;
  std::memcpy(&code, payload.data(), sizeof code);
  if (code == std::numeric_limits<std::int32_t>::min()) return std::nullopt;
  return code < 0 ? -code : 0;
}

std::span<const std::byte> Message::returned_request() const {
  return payload.size() > sizeof(nlmsgerr) ? payload.subspan(sizeof(nlmsgerr))
                                           : std::span<const std::byte>{};
}

std::optional<Message> Messages::next() {
  if (rest_.empty()) return std::nullopt;
  const auto* const header = reinterpret_cast<const nlmsghdr*>(rest_.data());
  const auto size = static_cast<int>(rest_.size());
  // libmnl compares the length as a signed number.
  const bool whole = mnl_nlmsg_ok(header, size) && header->nlmsg_len <= rest_.size();
  if (!whole &&
      !(truncated_ && rest_.size() >= sizeof *header && header->nlmsg_len >= sizeof *header)) {
    malformed_ = true;
    rest_ = {};
    return std::nullopt;
  }
  const std::size_t length = whole ? header->nlmsg_len : rest_.size();
  const Message message{
      .type = header->nlmsg_type,
      .flags = header->nlmsg_flags,
      .sequence = header->nlmsg_seq,
      .payload = rest_.subspan(MNL_NLMSG_HDRLEN, length - MNL_NLMSG_HDRLEN),
  };
  rest_ = rest_.subspan(std::min<std::size_t>(MNL_ALIGN(length), rest_.size()));
  return message;
}

}  // namespace ipsetkv::netlink
