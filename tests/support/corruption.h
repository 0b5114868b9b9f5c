// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <random>
#include <span>

#include "support/hex.h"

namespace ipsetkv::tests {

/// A seed for random tests: a new one each time, or IPSETKV_TEST_SEED to reproduce a failure. Print
/// it with SCOPED_TRACE.
[[nodiscard]] inline std::uint32_t test_seed() {
  const char* const fixed = std::getenv("IPSETKV_TEST_SEED");
  if (fixed != nullptr) return static_cast<std::uint32_t>(std::strtoul(fixed, nullptr, 10));
  return std::random_device{}();
}

/// Calls `visit` with every prefix of `bytes`, from the empty one to all of them. Each is in an
/// allocation of exactly its size, so that AddressSanitizer detects a read past its end.
template <class Visit>
void for_each_beginning(std::span<const std::byte> bytes, Visit visit) {
  for (std::size_t size = 0; size <= bytes.size(); ++size) {
    const auto part = bytes.first(size);
    visit(Bytes(part.begin(), part.end()));
  }
}

/// Calls `visit` with a copy of `bytes` in which one byte is wrong, for every byte and every wrong
/// value.
template <class Visit>
void for_each_wrong_byte(std::span<const std::byte> bytes, Visit visit) {
  for (std::size_t place = 0; place < bytes.size(); ++place) {
    Bytes wrong(bytes.begin(), bytes.end());
    for (int flip = 1; flip < 256; ++flip) {
      wrong[place] = bytes[place] ^ static_cast<std::byte>(flip);
      visit(wrong);
    }
  }
}

/// Calls `visit` with `rounds` random strings of up to `limit` bytes.
template <class Visit>
void for_each_random_string(std::uint32_t seed, int rounds, std::size_t limit, Visit visit) {
  std::mt19937 random(seed);
  for (int round = 0; round < rounds; ++round) {
    Bytes bytes(random() % (limit + 1));
    // Mostly small numbers: plausible lengths and types get further into a decoder than noise.
    for (std::byte& byte : bytes)
      byte = static_cast<std::byte>(random() % (random() % 4 ? 32 : 256));
    visit(bytes);
  }
}

[[nodiscard]] inline bool lies_within(std::span<const std::byte> part,
                                      std::span<const std::byte> whole) {
  return part.empty() ||
         (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

}  // namespace ipsetkv::tests
