// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "ipset/element.h"
#include "ipset/element_view.h"
#include "ipset/set_header.h"

/// The layout `counters`: a value in the two counters of each element of a bitmap:port set, sixteen
/// bytes an element; every port of the set's range is an element. docs/format.md is the definition.
/// The numbers here are part of stored data and must never change.
namespace ipsetkv::format::counters {

inline constexpr std::size_t kChunkBytes = 16;
inline constexpr std::size_t kMaxElements = 65'536;

/// How many elements a set has for the deadline, the key and the value, in this order, and at which
/// port they begin.
struct Plan {
  std::size_t deadline = 0;  ///< Elements for the deadline and its mark: 0 or 2.
  std::size_t key = 0;       ///< Elements for the key and its length.
  std::size_t chunks = 0;    ///< Elements for the value.
  std::size_t padding = 0;   ///< Bytes of padding in the last chunk; also the range's first port.
  std::uint32_t mask = 0;    ///< The result of `choose_mask`; if not 0, also the set's timeout.

  [[nodiscard]] std::size_t elements() const { return deadline + key + chunks; }
  /// Whether the elements fit between the first port and the last, 65,535.
  [[nodiscard]] bool fits() const { return elements() + padding <= kMaxElements; }
};
[[nodiscard]] Plan make_plan(std::size_t value_bytes, std::size_t key_bytes, bool has_deadline);

/// The data to encode. Borrows value and key.
struct Source {
  std::span<const std::byte> value;
  std::string_view key;
  std::uint64_t deadline = 0;
};

/// The mask for the counters of key and value; 0 if they need none.
///
/// The kernel takes a counter of 2^64 - 1 for one that was not given, and keeps the previous one.
/// If key or value have such a counter, all of theirs are stored xor the mask, repeated in both
/// halves of 32 bits; the mask is chosen so that no result is 2^64 - 1. It is odd without a
/// deadline and even with one.
[[nodiscard]] std::uint32_t choose_mask(const Source& source, bool has_deadline);

/// Writes element `index` of the plan. The caller sets its timeout.
void encode(const Plan& plan, const Source& source, std::size_t index, ipset::Element& element);

/// Whether an element stays after the value has expired: the mark and the key, by which an expired
/// set is recognised.
[[nodiscard]] bool is_permanent(const Plan& plan, std::size_t index);

/// Assembles a value from elements in the order of their ports, which is the kernel's order.
class Decoder {
 public:
  /// `has_key`: the set's name is a digest, so the key is among the elements. The value's bytes are
  /// written to `value` unless it is null.
  void begin(const ipset::SetHeader& header, bool has_key, std::string* value);
  /// Takes an element; false if no value has such an element. The set is then not a value.
  [[nodiscard]] bool take(const ipset::ElementView& element);

  /// The value's length in bytes; empty if the elements are not a value.
  [[nodiscard]] std::optional<std::size_t> finish() const;
  /// Whether the value has expired: the deadline's element is gone, and its mark is there.
  [[nodiscard]] bool has_ended() const { return marked_ && !begun_; }
  [[nodiscard]] std::optional<std::uint64_t> deadline() const { return deadline_; }
  [[nodiscard]] const std::string& key() const { return key_; }

 private:
  [[nodiscard]] bool take_deadline(std::size_t index, std::uint64_t packets, std::uint64_t bytes);
  [[nodiscard]] bool take_key(std::size_t index, std::uint64_t packets, std::uint64_t bytes);
  void take_chunk(std::size_t index, std::uint64_t packets, std::uint64_t bytes);
  [[nodiscard]] std::array<std::byte, kChunkBytes> unmask(std::uint64_t packets,
                                                          std::uint64_t bytes);

  Plan plan_;
  std::size_t elements_ = 0;  ///< The number of ports in the range.
  std::size_t taken_ = 0;
  std::string* value_ = nullptr;
  std::string key_;
  std::size_t key_bytes_ = 0;
  std::optional<std::uint64_t> deadline_;
  bool possible_ = false;
  bool begun_ = false;
  bool marked_ = false;
  bool mask_needed_ = false;  ///< A counter was met that cannot be stored without the mask.
};

}  // namespace ipsetkv::format::counters
