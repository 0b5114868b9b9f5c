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

/// Called by libFuzzer for each input. A fault ends the process, through a sanitizer or `require`.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace ipsetkv::fuzz {

/// Aborts the process, which libFuzzer reports as a fault, unless `holds`.
inline void require(bool holds, const char* property) {
  if (holds) return;
  std::fprintf(stderr, "fuzz: violated: %s\n", property);
  std::abort();
}

/// Decodes an input from its front. After its end all numbers are zero and all strings empty, so
/// every input is valid. Borrows the input.
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

  /// A string with its length in front.
  template <std::unsigned_integral Length>
  [[nodiscard]] std::string_view text() {
    return as_text(take(number<Length>()));
  }
  /// The bytes up to the next zero byte, which is consumed, too.
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

/// A copy in an allocation of exactly its size, without a zero byte after it, so that
/// AddressSanitizer detects a read past its end.
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
