// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "ipset/create_options.h"
#include "ipset/element.h"
#include "ipset/set_header.h"
#include "layout/ipv4.h"
#include "layout/text.h"

/// A drawer is a set that holds one value. Here is how all that belongs to it lies in the set: the
/// value in one of the layouts, the key where the set's name cannot be it, and the deadline.
namespace ipsetkv::layout {

enum class Kind : std::uint8_t { kIpv4, kComment };

/// What goes into a drawer. Borrows the value and the key.
struct DrawerContent {
  std::span<const std::byte> value;
  Kind kind = Kind::kIpv4;
  std::string_view key;  ///< Empty where the set's name is the key.
  /// Milliseconds since the epoch.
  std::optional<std::uint64_t> deadline;
  /// Seconds that the kernel keeps the first chunk, others a minute more; 0: for ever.
  std::uint32_t life = 0;
};

/// What a drawer's set is created with, apart from its size: equal for contents that can follow one
/// another in one set.
[[nodiscard]] ipset::CreateOptions options_for(const DrawerContent& content);

/// How many elements a drawer has, at most.
[[nodiscard]] std::size_t count_elements(const DrawerContent& content);

/// The buckets that hold so many elements without growing.
[[nodiscard]] std::uint32_t hashsize_for(const DrawerContent& content, std::size_t elements);

/// Hands out a drawer's elements one by one, in the order in which they are to be added: the
/// value's first chunk is the last, because without it a set is no value.
class DrawerEncoder {
 public:
  explicit DrawerEncoder(const DrawerContent& content);
  /// The next element; false if that was the last one.
  [[nodiscard]] bool next(ipset::Element& element);

 private:
  void next_of_key(ipset::Element& element);
  void next_of_value(ipset::Element& element);
  void first_of_value(ipset::Element& element);

  DrawerContent content_;
  std::uint64_t key_offset_ = 0;
  std::uint64_t offset_ = 0;  ///< Of the next chunk of the value.
  bool key_done_;
  bool done_ = false;
};

/// The value's first chunk, as the element that DrawerEncoder hands out last; nothing for the empty
/// value that has none.
[[nodiscard]] bool encode_first(const DrawerContent& content, ipset::Element& element);

}  // namespace ipsetkv::layout
