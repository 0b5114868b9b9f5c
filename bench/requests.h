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

/// The bytes of several system calls, each with whole messages.
using Sends = std::vector<std::vector<std::byte>>;

/// An element with a part of a value.
struct Piece {
  std::uint32_t address;  ///< In network order.
  std::uint16_t port;
  std::string comment;  ///< Empty if the part is in the address.
};

/// An IPv6 address in network order.
using Address = std::array<std::byte, 16>;

/// All elements of a value, in the order of the value.
[[nodiscard]] std::vector<Piece> make_pieces(Layout layout, std::string_view value);

/// The `hashsize` of ipsetkv's set for a value.
[[nodiscard]] std::size_t hashsize_for(Layout layout, std::size_t value_bytes);

/// Writes ipset's messages with libmnl, to send them later. Independent of src/, so that the floor
/// does not consist of the code that it measures.
class Requests {
 public:
  Requests();

  void create(std::string_view name, Layout layout, std::size_t hashsize);
  /// A `create` that succeeds if a set of that name exists with these options.
  void compare(std::string_view name, Layout layout);
  void destroy_all();
  void flush(std::string_view name);
  /// Adds all elements of a value, the first one last, in as few messages as possible, each except
  /// the last in a send of its own.
  void add(std::string_view name, const std::vector<Piece>& pieces);
  /// Adds an element to a hash:ip inet6 set, or replaces its comment.
  void put(std::string_view name, const Address& address, std::string_view comment);
  void rename(std::string_view from, std::string_view to);
  void swap(std::string_view one, std::string_view other);
  /// Tests whether the set has the element, with any comment.
  void test(std::string_view name, const Piece& piece);
  void list(std::string_view name);

  /// Requests an acknowledgement of the last message.
  void acknowledge_last();

  /// Puts further messages into another system call.
  void start_another_send();

  /// Returns all messages, by system call.
  [[nodiscard]] Sends take();

 private:
  void put_create(std::uint16_t flags, std::string_view name, Layout layout, std::size_t hashsize);
  nlmsghdr* begin(ipset_cmd command, std::uint16_t flags, std::string_view name);
  void end(nlmsghdr* message);

  [[nodiscard]] static bool put_element(nlmsghdr* message, nlattr* elements, const Piece& piece);

  std::vector<std::byte> open_;
  std::size_t used_ = 0;
  std::size_t last_ = 0;  ///< The offset of the last message.
  Sends sends_;
};

}  // namespace ipsetkv::bench
