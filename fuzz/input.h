// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string_view>
#include <vector>

/// Called by libFuzzer with one input after the other. What it finds it tells by ending the
/// process, be it through a sanitizer or through `require`.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace ipsetkv::fuzz {

/// Ends the process, which libFuzzer takes for a find, unless `holds`.
inline void require(bool holds, const char* promise) {
  if (holds) return;
  std::fprintf(stderr, "fuzz: this does not hold: %s\n", promise);
  std::abort();
}

/// Takes an input apart from its front. Behind its end every number is zero and every string empty,
/// so that each input means something. It borrows the input.
class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size) : rest_(data, size) {}

  [[nodiscard]] bool empty() const { return rest_.empty(); }

  template <std::unsigned_integral T>
  [[nodiscard]] T number() {
    T value = 0;
    for (const std::uint8_t byte : take(sizeof(T)))
      value = static_cast<T>(std::uint64_t{value} << 8 | byte);
    return value;
  }
  [[nodiscard]] bool flag() { return (number<std::uint8_t>() & 1) != 0; }

  /// A string whose length is the number before it.
  template <std::unsigned_integral Length>
  [[nodiscard]] std::string_view text() {
    return as_text(take(number<Length>()));
  }
  /// Up to the next zero byte, which goes with it.
  [[nodiscard]] std::string_view word() {
    const std::string_view all = as_text(rest_);
    const std::string_view word = all.substr(0, all.find('\0'));
    (void)take(word.size() + 1);
    return word;
  }
  [[nodiscard]] std::string_view rest() { return as_text(take(rest_.size())); }

 private:
  using Bytes = std::span<const std::uint8_t>;

  static std::string_view as_text(Bytes bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }
  Bytes take(std::size_t count) {
    const Bytes taken = rest_.first(std::min(count, rest_.size()));
    rest_ = rest_.subspan(taken.size());
    return taken;
  }

  Bytes rest_;
};

/// Bytes in an allocation of exactly their size, without a zero behind them, so that
/// AddressSanitizer sees whoever reads beyond.
class Copy {
 public:
  explicit Copy(std::string_view bytes) : bytes_(bytes.begin(), bytes.end()) {}
  [[nodiscard]] std::string_view view() const { return {bytes_.data(), bytes_.size()}; }

 private:
  std::vector<char> bytes_;
};

[[nodiscard]] inline std::span<const std::byte> as_bytes(std::string_view text) {
  return std::as_bytes(std::span(text));
}

}  // namespace ipsetkv::fuzz
