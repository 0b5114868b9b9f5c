// SPDX-License-Identifier: MIT
#pragma once

#include <libmnl/libmnl.h>
#include <linux/netfilter/ipset/ip_set.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ipsetkv/options.h"

namespace ipsetkv::bench {

/// The bytes of several system calls, each of whole messages.
using Sends = std::vector<std::vector<std::byte>>;

/// An element with a part of a value in it.
struct Piece {
  std::uint32_t address;  ///< In network order.
  std::uint16_t port;
  std::string comment;  ///< Empty where the address is the part.
};

/// Of IPv6, in network order.
using Address = std::array<std::byte, 16>;

/// All of a value's elements, in the order of the value.
[[nodiscard]] std::vector<Piece> make_pieces(Layout layout, std::string_view value);

/// The buckets of the table in which ipsetkv keeps a value.
[[nodiscard]] std::size_t hashsize_for(Layout layout, std::size_t value_bytes);

/// Writes ipset's messages with libmnl, for sending later. Written apart from src/, so that the
/// floor is not made of what is measured by it.
class Requests {
 public:
  Requests();

  void create(std::string_view name, Layout layout, std::size_t hashsize);
  /// `create` that the kernel takes in silence where there is a set with such options.
  void compare(std::string_view name, Layout layout);
  void destroy_all();
  void flush(std::string_view name);
  /// All of a value's elements, the first one last, in as many messages as it takes, each but the
  /// last in a send of its own.
  void add(std::string_view name, const std::vector<Piece>& pieces);
  /// Adds an element of a hash:ip inet6 for good, or replaces its comment.
  void put(std::string_view name, const Address& address, std::string_view comment);
  void rename(std::string_view from, std::string_view to);
  void swap(std::string_view one, std::string_view other);
  /// Whether the set has the element, whatever its comment.
  void test(std::string_view name, const Piece& piece);
  void list(std::string_view name);

  /// Asks for an acknowledgement of the last message.
  void acknowledge_last();

  /// What comes now goes into a system call of its own.
  void start_another_send();

  /// Everything written, by system calls.
  [[nodiscard]] Sends take();

 private:
  void put_create(std::uint16_t flags, std::string_view name, Layout layout, std::size_t hashsize);
  nlmsghdr* begin(ipset_cmd command, std::uint16_t flags, std::string_view name);
  void end(nlmsghdr* message);

  [[nodiscard]] static bool put_element(nlmsghdr* message, nlattr* elements, const Piece& piece);

  std::vector<std::byte> open_;
  std::size_t used_ = 0;
  std::size_t last_ = 0;  ///< Where the last message begins.
  Sends sends_;
};

}  // namespace ipsetkv::bench
