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

/// Walks what `list` answers, set by set and element by element, while it arrives:
///
///     while (auto header = listing.next_set(); ...)
///       while (auto element = listing.next_element(); ...)
///
/// While it lives, its Connection can do nothing else, because the kernel allows one dump a socket;
/// and the kernel keeps the set at hand from being swapped, renamed or destroyed. What fits in the
/// first part (a page at most) is a snapshot of one instant; beyond that elements may come and go
/// in between. The destructor reads the rest, since only that ends the dump.
class Listing {
 public:
  Listing(netlink::Socket& socket, std::span<std::byte> buffer, std::uint32_t sequence,
          ListMode mode, std::string_view subject, std::chrono::milliseconds timeout);
  Listing(const Listing&) = delete;
  Listing& operator=(const Listing&) = delete;
  ~Listing();

  /// The next set, or null when all were shown. What is left of the present one is passed over. The
  /// header lives until the next call of this function. A set asked for by name that is not there
  /// is the error kNoSuchSet.
  [[nodiscard]] Result<const SetHeader*> next_set();

  /// The next element of the present set, or null at its end. It lives until the next call.
  [[nodiscard]] Result<const Element*> next_element();
  /// The same, without copying what the listing shows.
  [[nodiscard]] Result<const ElementView*> next_element_view();
  /// The next element whose address is `address`; the others are passed over without being read.
  [[nodiscard]] Result<const ElementView*> find_element(std::span<const std::byte> address);

  /// In how many parts the listing came so far. A set that fits into one page takes two at most:
  /// its elements and the end.
  [[nodiscard]] std::size_t parts() const { return parts_; }

 private:
  /// Goes to the present set's next element, `data_`; false at its end.
  [[nodiscard]] Result<bool> next_data();
  /// Takes the next message apart: a set's first, or the continuation of one.
  [[nodiscard]] Result<void> fetch();
  [[nodiscard]] Result<void> receive_part();
  [[nodiscard]] Result<void> take(const netlink::Message& message);
  [[nodiscard]] Result<void> take_set(std::span<const std::byte> payload);
  [[nodiscard]] Result<void> decode_header(std::span<const std::byte> payload);
  [[nodiscard]] tl::unexpected<Error> fail(const Error& error);
  [[nodiscard]] tl::unexpected<Error> malformed(std::uint16_t attribute);

  netlink::Socket& socket_;
  std::span<std::byte> buffer_;
  netlink::Messages messages_;
  netlink::Attributes elements_;
  std::span<const std::byte> data_;  ///< What is inside the IPSET_ATTR_DATA to be handed out.
  SetHeader header_;                 ///< Of the set that was handed out.
  /// A set's first message that was not handed out yet, in the receive buffer.
  std::span<const std::byte> pending_;
  Element element_;
  ElementView view_;
  SetName subject_;
  std::chrono::milliseconds timeout_;
  std::uint32_t sequence_;
  ListMode mode_;
  std::size_t parts_ = 0;
  bool done_ = false;  ///< The kernel has nothing more to say.
};

}  // namespace ipsetkv::ipset
