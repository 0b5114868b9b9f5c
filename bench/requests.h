// SPDX-License-Identifier: MIT
#pragma once

#include <libmnl/libmnl.h>
#include <linux/netfilter/ipset/ip_set.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ipsetkv::bench {

/// The bytes of several system calls, each of whole messages.
using Sends = std::vector<std::vector<std::byte>>;

/// How many chunks of four bytes a value has.
[[nodiscard]] constexpr std::size_t chunk_count(std::size_t value_bytes) {
  return (value_bytes + 3) / 4;
}

/// Writes ipset's messages with libmnl, for sending later. Written apart from src/, so that the
/// floor is not made of what is measured by it.
class Requests {
 public:
  Requests();

  void create(std::string_view name, std::size_t hashsize);
  void destroy_all();
  void flush(std::string_view name);
  /// All of a value's chunks, from the last to the first, in as many messages as it takes.
  void add(std::string_view name, std::string_view value);
  void swap(std::string_view one, std::string_view other);
  /// Whether the set has the value's first chunk.
  void test(std::string_view name, std::string_view value);
  void list(std::string_view name);

  /// Asks for an acknowledgement of the last message.
  void acknowledge_last();

  /// Everything written, in as few system calls as the socket takes.
  [[nodiscard]] Sends take();

 private:
  nlmsghdr* begin(ipset_cmd command, std::uint16_t flags, std::string_view name);
  void end(nlmsghdr* message);
  void put_element(nlmsghdr* message, std::string_view value, std::size_t chunk);
  void start_another_send();

  std::vector<std::byte> open_;
  std::size_t used_ = 0;
  std::size_t last_ = 0;  ///< Where the last message begins.
  Sends sends_;
};

}  // namespace ipsetkv::bench
