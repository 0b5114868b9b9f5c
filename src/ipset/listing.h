// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "ipset/batch.h"
#include "ipset/element.h"
#include "ipset/element_view.h"
#include "ipset/set_header.h"
#include "ipsetkv/error.h"
#include "netlink/message.h"
#include "netlink/socket.h"

namespace ipsetkv::ipset {

/// Reads the reply to `list` set by set and element by element while it arrives:
///
///     while (auto header = listing.next_set(); ...)
///       while (auto element = listing.next_element(); ...)
///
/// While it lives, its Connection can do nothing else, because the kernel allows one dump per
/// socket, and the kernel refuses to swap, rename or destroy the current set. The first part (at
/// most a page) is a snapshot; between later parts elements may be added and deleted. The
/// destructor reads the rest, because only that ends the dump.
class Listing {
 public:
  Listing(netlink::Socket& socket, std::span<std::byte> buffer, std::uint32_t sequence,
          ListMode mode, std::string_view subject, std::chrono::milliseconds timeout);
  Listing(const Listing&) = delete;
  Listing& operator=(const Listing&) = delete;
  ~Listing();

  /// The next set, or null after the last one. Skips the rest of the current set. The header lives
  /// until the next call of this function. Error: kNoSuchSet if the set that was named does not
  /// exist.
  [[nodiscard]] Result<const SetHeader*> next_set();

  /// The next element of the current set, or null at its end. It lives until the next call.
  [[nodiscard]] Result<const Element*> next_element();
  /// The same as a view, without a copy.
  [[nodiscard]] Result<const ElementView*> next_element_view();
  /// The next element whose address is `address`; the others are skipped without being decoded.
  [[nodiscard]] Result<const ElementView*> find_element(std::span<const std::byte> address);

  /// How many parts were received so far. A set that fits into one page has at most two: its
  /// elements and the end.
  [[nodiscard]] std::size_t parts() const { return parts_; }

 private:
  /// Advances `data_` to the current set's next element; false at its end.
  [[nodiscard]] Result<bool> next_data();
  /// Reads the next message: a set's first, or the continuation of one.
  [[nodiscard]] Result<void> fetch();
  [[nodiscard]] Result<void> receive_part();
  /// Ends the dump after an error.
  void abandon();
  [[nodiscard]] Result<void> take(const netlink::Message& message);
  [[nodiscard]] Result<void> take_set(std::span<const std::byte> payload);
  [[nodiscard]] Result<void> decode_header(std::span<const std::byte> payload);
  [[nodiscard]] tl::unexpected<Error> fail(const Error& error);
  [[nodiscard]] tl::unexpected<Error> malformed(std::uint16_t attribute);

  netlink::Socket& socket_;
  std::span<std::byte> buffer_;
  netlink::Messages messages_;
  netlink::Attributes elements_;
  std::span<const std::byte> data_;  ///< The content of the current IPSET_ATTR_DATA.
  SetHeader header_;                 ///< Of the current set.
  /// The first message of the next set, in the receive buffer.
  std::span<const std::byte> pending_;
  Element element_;
  ElementView view_;
  SetName subject_;
  std::chrono::milliseconds timeout_;
  std::uint32_t sequence_;
  ListMode mode_;
  std::size_t parts_ = 0;
  bool done_ = false;  ///< The dump has ended.
};

}  // namespace ipsetkv::ipset
