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
/// bytes an element, every port of the set's range being one. docs/format.md is the definition. The
/// numbers here are in stored data and stay as they are.
namespace ipsetkv::format::counters {

inline constexpr std::size_t kChunkBytes = 16;
inline constexpr std::size_t kMaxElements = 65'536;

/// What stands in front of the value, and how the set's range is to be chosen.
struct Plan {
  std::size_t deadline = 0;  ///< Elements for the deadline and its mark: 0 or 2.
  std::size_t key = 0;       ///< Elements for the key and its length.
  std::size_t chunks = 0;    ///< Elements for the value.
  std::size_t padding = 0;   ///< Of the last chunk; the first port of the range.
  std::uint32_t mask = 0;    ///< What `choose_mask` says; the set's timeout where it is not 0.

  [[nodiscard]] std::size_t elements() const { return deadline + key + chunks; }
  /// Whether the elements fit behind the first port.
  [[nodiscard]] bool fits() const { return elements() + padding <= kMaxElements; }
};
[[nodiscard]] Plan make_plan(std::size_t value_bytes, std::size_t key_bytes, bool has_deadline);

/// What the elements are made of. Borrows.
struct Source {
  std::span<const std::byte> value;
  std::string_view key;
  std::uint64_t deadline = 0;
};

/// The kernel takes a counter of 2^64 - 1 for one that was not given, and leaves what was there. So
/// where key or value have one, theirs are all stored exclusive-or with a number, repeated in both
/// halves of 32 bits, that leaves none of them: an odd one without a deadline, an even one with. 0:
/// there is no need for that.
[[nodiscard]] std::uint32_t choose_mask(const Source& source, bool has_deadline);

/// Writes element `index` of the plan. Its timeout is the caller's.
void encode(const Plan& plan, const Source& source, std::size_t index, ipset::Element& element);

/// Whether an element stays when the value's time is over, so that the set can be told.
[[nodiscard]] bool is_permanent(const Plan& plan, std::size_t index);

/// Puts a value together from elements in the order of their ports, in which the kernel lists them.
class Decoder {
 public:
  /// `has_key`: the set's name is a digest. The value's bytes go to `value` unless it is null.
  void begin(const ipset::SetHeader& header, bool has_key, std::string* value);
  [[nodiscard]] bool take(const ipset::ElementView& element);

  /// The value's length; nothing if the elements are no value.
  [[nodiscard]] std::optional<std::size_t> finish() const;
  /// Whether the deadline's own element is gone, and its mark is there.
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
  std::size_t elements_ = 0;  ///< As many as the range has ports.
  std::size_t taken_ = 0;
  std::string* value_ = nullptr;
  std::string key_;
  std::size_t key_bytes_ = 0;
  std::optional<std::uint64_t> deadline_;
  bool possible_ = false;
  bool begun_ = false;
  bool marked_ = false;
  bool mask_needed_ = false;  ///< There is a counter that could not have been stored without.
};

}  // namespace ipsetkv::format::counters
