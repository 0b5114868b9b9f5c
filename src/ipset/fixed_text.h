// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace ipsetkv::ipset {

/// Text of up to `Limit` bytes, held in place: trivially copyable, never allocates.
template <std::size_t Limit>
class FixedText {
 public:
  static constexpr std::size_t kLimit = Limit;

  constexpr FixedText() : size_(0) {}
  constexpr FixedText(std::string_view text) : size_(0) { assign(text); }  // NOLINT: like string
  constexpr FixedText(const char* text) : FixedText(std::string_view(text)) {}  // NOLINT

  /// Copies `text`, cut at the limit; false if it was cut.
  constexpr bool assign(std::string_view text) {
    size_ = static_cast<std::uint16_t>(std::min(text.size(), Limit));
    std::copy_n(text.begin(), size_, bytes_.begin());
    return text.size() <= Limit;
  }
  constexpr void clear() { size_ = 0; }

  /// Calls `write` with a buffer of `Limit` bytes, and keeps as many as it returns.
  template <class Write>
  constexpr void write(Write write) {
    size_ = static_cast<std::uint16_t>(std::min<std::size_t>(write(bytes_.data()), Limit));
  }

  [[nodiscard]] constexpr bool empty() const { return size_ == 0; }
  [[nodiscard]] constexpr std::string_view view() const { return {bytes_.data(), size_}; }

  friend constexpr bool operator==(const FixedText& a, const FixedText& b) {
    return a.view() == b.view();
  }

 private:
  // Only the first `size_` bytes are initialised, so that construction costs nothing.
  std::array<char, Limit> bytes_;
  std::uint16_t size_;
};

/// A set's name: 1 to 31 bytes, any but NUL (linux/netfilter/ipset/ip_set.h, IPSET_MAXNAMELEN).
using SetName = FixedText<31>;

}  // namespace ipsetkv::ipset
