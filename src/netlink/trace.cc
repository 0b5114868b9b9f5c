// SPDX-License-Identifier: MIT
#include "netlink/trace.h"

#include <libmnl/libmnl.h>
#include <linux/netfilter/nfnetlink.h>

#include <cstdio>
#include <cstdlib>

namespace ipsetkv::netlink {
namespace {

void print(const char* direction, std::span<const std::byte> messages) {
  std::fprintf(stderr, "ipsetkv: %s %zu bytes\n", direction, messages.size());
  mnl_nlmsg_fprintf(stderr, messages.data(), messages.size(), sizeof(nfgenmsg));
}

}  // namespace

bool trace_wanted() {
  // Not for a program with file capabilities: its caller may not see its messages.
  const char* const value = secure_getenv("IPSETKV_TRACE");
  return value != nullptr && *value != '\0';
}

void trace_sent(std::span<const std::byte> messages) { print("sent", messages); }

void trace_received(std::span<const std::byte> messages) { print("received", messages); }

}  // namespace ipsetkv::netlink
