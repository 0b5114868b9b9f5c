// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "format/chunks.h"
#include "format/counters.h"
#include "format/moment.h"
#include "format/text.h"
#include "ipset/create_options.h"
#include "ipset/element.h"

/// A drawer is a set that holds one value. Here is how all that belongs to it lies in the set: the
/// value in one of the layouts, the key where the set's name cannot be it, and the deadline.
namespace ipsetkv::format {

enum class Kind : std::uint8_t { kIpv4, kIpv6, kComment, kCounters };

/// What the kernel must find equal in two sets to exchange them.
struct SetShape {
  ipset::SetType type = ipset::SetType::kHashIpPort;
  ipset::Family family = ipset::Family::kInet;
  friend bool operator==(const SetShape&, const SetShape&) = default;
};
[[nodiscard]] SetShape shape_of(Kind kind);

/// The element of a value's first chunk, as far as it takes to ask the kernel for it; its port is
/// 0.
struct FirstElement {
  ipset::Address address;
  std::uint8_t protocol = 0;
};

/// The names that users see.
[[nodiscard]] std::string_view kind_name(Kind kind);

/// What goes into a drawer. Borrows the value and the key.
struct DrawerContent {
  std::span<const std::byte> value;
  Kind kind = Kind::kIpv4;
  std::string_view key;  ///< Empty where the set's name is the key.
  /// By the wall clock.
  std::optional<Moment> deadline;
  /// Seconds that the kernel keeps the first chunk, others a minute more; 0: for ever.
  std::uint32_t life = 0;
};

/// Whether the elements can be numbered.
[[nodiscard]] bool fits(const DrawerContent& content);
/// The longest value that does, with such a key and deadline, in bytes. For a value that is no
/// multiple of a chunk long this may be less: every value up to there fits.
[[nodiscard]] std::size_t longest_value(const DrawerContent& content);

/// What a drawer's set is created with, sized so that it never grows.
[[nodiscard]] ipset::CreateOptions options_for(const DrawerContent& content);

/// Hands out a drawer's elements one by one, in the order in which they are to be added: the one
/// without which a set is no value is the last.
class DrawerEncoder {
 public:
  explicit DrawerEncoder(const DrawerContent& content);
  /// The next element; false if that was the last one.
  [[nodiscard]] bool next(ipset::Element& element);

 private:
  void next_of_counters(ipset::Element& element);
  void next_of_key(ipset::Element& element);
  void next_of_value(ipset::Element& element);
  void first_of_value(ipset::Element& element);

  DrawerContent content_;
  counters::Plan plan_;
  std::uint64_t key_offset_ = 0;
  std::uint64_t offset_ = 0;  ///< Of the next chunk of the value, or the next element of the plan.
  bool key_done_;
  bool done_ = false;
};

/// The value's first chunk, as the element that DrawerEncoder hands out last; false for the empty
/// value that has none, and for the layout `counters`.
[[nodiscard]] bool encode_first(const DrawerContent& content, ipset::Element& element);

}  // namespace ipsetkv::format
