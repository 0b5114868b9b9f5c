// SPDX-License-Identifier: MIT
#pragma once

#include <linux/netlink.h>

#include <algorithm>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string_view>

namespace ipsetkv::netlink {

/// Converts network byte order to the host's, and back.
template <std::unsigned_integral T>
[[nodiscard]] constexpr T big_endian(T value) {
  if constexpr (std::endian::native == std::endian::big) return value;
  if constexpr (sizeof(T) == 1) return value;
  if constexpr (sizeof(T) == 2) return __builtin_bswap16(value);
  if constexpr (sizeof(T) == 4) return __builtin_bswap32(value);
  if constexpr (sizeof(T) == 8) return __builtin_bswap64(value);
}

/// One attribute of a received message. Borrows from the receive buffer until the next receive into
/// it.
class Attribute {
 public:
  /// `type` as it was received, with its flags.
  Attribute(std::uint16_t type, std::span<const std::byte> payload)
      : payload_(payload), type_(type) {}

  /// The type without the flags for nesting and byte order.
  [[nodiscard]] std::uint16_t type() const { return type_ & NLA_TYPE_MASK; }
  [[nodiscard]] std::span<const std::byte> payload() const { return payload_; }

  /// A number, in network byte order if the attribute's flag says so and otherwise in the host's
  /// (such as ipset's markmask); nothing if the attribute has another size.
  template <std::unsigned_integral T>
  [[nodiscard]] std::optional<T> number() const {
    if (payload_.size() != sizeof(T)) return std::nullopt;
    T value;
    std::memcpy(&value, payload_.data(), sizeof value);
    return (type_ & NLA_F_NET_BYTEORDER) != 0 ? big_endian(value) : value;
  }

  /// Text up to its NUL, or the whole payload if it has none.
  [[nodiscard]] std::string_view text() const {
    const std::string_view all(reinterpret_cast<const char*>(payload_.data()), payload_.size());
    return all.substr(0, all.find('\0'));
  }

 private:
  std::span<const std::byte> payload_;
  std::uint16_t type_;
};

/// Iterates over consecutive attributes, such as those of a message or of a nested attribute. Never
/// reads beyond the bytes it was given: a wrong length ends the iteration and sets `malformed()`.
///
/// Inline instead of calls of libmnl, as in Batch: a small `get` reads dozens of attributes, and
/// several calls of a shared library for each made it 10 % slower (docs/design.md has the figures).
class Attributes {
 public:
  Attributes() = default;
  explicit Attributes(std::span<const std::byte> bytes) : rest_(bytes) {}

  /// The next attribute, or nothing at the end.
  [[nodiscard]] std::optional<Attribute> next() {
    nlattr header;
    if (rest_.size() < sizeof header) {
      malformed_ = malformed_ || !rest_.empty();
      rest_ = {};
      return std::nullopt;
    }
    std::memcpy(&header, rest_.data(), sizeof header);
    if (header.nla_len < sizeof header || header.nla_len > rest_.size()) {
      malformed_ = true;
      rest_ = {};
      return std::nullopt;
    }
    const auto payload = rest_.subspan(sizeof header, header.nla_len - sizeof header);
    rest_ = rest_.subspan(std::min<std::size_t>(NLA_ALIGN(header.nla_len), rest_.size()));
    return Attribute(header.nla_type, payload);
  }

  [[nodiscard]] bool malformed() const { return malformed_; }

 private:
  std::span<const std::byte> rest_;
  bool malformed_ = false;
};

}  // namespace ipsetkv::netlink
