// SPDX-License-Identifier: MIT
#pragma once

#include <linux/netlink.h>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "netlink/attributes.h"

namespace ipsetkv::netlink {

/// Requests in one buffer, to be sent in one system call. The kernel executes them in order and
/// continues after one that fails. The buffer is allocated once.
///
/// Every step checks for room. After the first thing that does not fit, all calls do nothing and
/// `overflowed()` is true. Check it before sending, or use `mark` and `rewind` to remove the last
/// piece.
class Batch {
 public:
  /// The most messages in one batch: the socket's queue must hold an error reply for each of them.
  static constexpr std::size_t kMaxMessages = 64;
  /// The longest nested attribute in bytes, with its header: its length has 16 bits.
  static constexpr std::size_t kMaxNestBytes = 65'535;

  /// Holds up to `capacity` bytes, which should be less than the socket's send buffer
  /// (net.core.wmem_default, usually 212,992 bytes).
  explicit Batch(std::size_t capacity);

  /// Removes all messages.
  void clear();

  /// Begins a message, to which the next attributes are appended. `header` is the family's fixed
  /// header behind netlink's own.
  template <class Header>
  void begin_message(std::uint16_t type, std::uint16_t flags, const Header& header) {
    static_assert(sizeof(Header) % NLMSG_ALIGNTO == 0);
    std::byte* const place = begin(type, flags, sizeof header);
    if (place != nullptr) std::memcpy(place, &header, sizeof header);
  }

  void put(std::uint16_t type, std::span<const std::byte> payload) {
    std::byte* const place = append(type, payload.size());
    if (place != nullptr && !payload.empty()) std::memcpy(place, payload.data(), payload.size());
  }
  /// Appends text with a NUL.
  void put_text(std::uint16_t type, std::string_view text) {
    std::byte* const place = append(type, text.size() + 1);
    if (place == nullptr) return;
    if (!text.empty()) std::memcpy(place, text.data(), text.size());
    place[text.size()] = std::byte{0};
  }
  /// Appends a number in network byte order and flags it so, as ipset requires
  /// (ip_set_attr_netorder).
  template <std::unsigned_integral T>
  void put_number(std::uint16_t type, T value) {
    const T ordered = big_endian(value);
    const auto flagged = static_cast<std::uint16_t>(type | NLA_F_NET_BYTEORDER);
    std::byte* const place = append(sizeof(T) == 1 ? type : flagged, sizeof(T));
    if (place != nullptr) std::memcpy(place, &ordered, sizeof ordered);
  }

  /// Begins a nested attribute, to which everything until `end_nest` belongs. If it is longer than
  /// kMaxNestBytes, the batch overflows at `end_nest`.
  [[nodiscard]] std::size_t begin_nest(std::uint16_t type) {
    const std::size_t nest = used_;
    (void)append(static_cast<std::uint16_t>(type | NLA_F_NESTED), 0);
    return nest;
  }
  void end_nest(std::size_t nest) {
    const std::size_t length = nest_bytes(nest);
    overflowed_ = overflowed_ || length > kMaxNestBytes;
    if (overflowed_) return;
    const auto written = static_cast<std::uint16_t>(length);
    std::memcpy(buffer_.get() + nest + offsetof(nlattr, nla_len), &written, sizeof written);
  }

  /// The size of the open attribute `nest` so far, with its header.
  [[nodiscard]] std::size_t nest_bytes(std::size_t nest) const { return used_ - nest; }

  /// `mark` is the current end of the open message; `rewind` removes everything after it, and an
  /// overflow.
  [[nodiscard]] std::size_t mark() const { return used_; }
  void rewind(std::size_t mark);

  /// All messages, with sequence numbers from `first_sequence` upward.
  [[nodiscard]] std::span<const std::byte> finish(std::uint32_t first_sequence);

  /// How many bytes there is room for.
  [[nodiscard]] std::size_t room() const { return capacity_ - used_; }
  [[nodiscard]] bool overflowed() const { return overflowed_; }
  [[nodiscard]] std::size_t size() const { return starts_.size(); }
  [[nodiscard]] std::span<const std::byte> message(std::size_t index) const;

 private:
  /// Appends an attribute's header and room for its payload, with zeroed padding; null if it does
  /// not fit.
  [[nodiscard]] std::byte* append(std::uint16_t type, std::size_t payload_bytes) {
    const std::size_t length = sizeof(nlattr) + payload_bytes;
    const std::size_t padded = NLA_ALIGN(length);
    if (overflowed_ || length > kMaxNestBytes || padded > capacity_ - used_) {
      overflowed_ = true;
      return nullptr;
    }
    std::byte* const place = buffer_.get() + used_;
    const nlattr header{.nla_len = static_cast<std::uint16_t>(length), .nla_type = type};
    std::memset(place + padded - NLA_ALIGNTO, 0, NLA_ALIGNTO);
    std::memcpy(place, &header, sizeof header);
    used_ += padded;
    return place + sizeof header;
  }
  /// Appends a netlink header and room for the family's; null if they do not fit.
  [[nodiscard]] std::byte* begin(std::uint16_t type, std::uint16_t flags, std::size_t header_bytes);
  void close_message();

  std::unique_ptr<std::byte[]> buffer_;
  std::size_t capacity_;
  std::size_t used_ = 0;
  std::vector<std::size_t> starts_;
  bool overflowed_ = false;
};

}  // namespace ipsetkv::netlink
