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

/// A drawer is a set that holds one value. This is its stored form: the value in one of the
/// layouts, the key if the set's name cannot be the key, and the deadline.
namespace ipsetkv::format {

/// A layout as stored; the public Layout has kAuto besides.
enum class Kind : std::uint8_t { kIpv4, kIpv6, kComment, kCounters };

/// The properties that two sets must have in common for the kernel to swap them.
struct SetShape {
  ipset::SetType type = ipset::SetType::kHashIpPort;
  ipset::Family family = ipset::Family::kInet;
  friend bool operator==(const SetShape&, const SetShape&) = default;
};
[[nodiscard]] SetShape shape_of(Kind kind);

/// The element of a value's first chunk: what a TEST command needs to name it. Its port is 0.
struct FirstElement {
  ipset::Address address;
  std::uint8_t protocol = 0;
};

/// The layout's name for users.
[[nodiscard]] std::string_view kind_name(Kind kind);

/// The content of a drawer. Borrows the value and the key.
struct DrawerContent {
  std::span<const std::byte> value;
  Kind kind = Kind::kIpv4;
  std::string_view key;            ///< Empty if the set's name is the key.
  std::optional<Moment> deadline;  ///< By the wall clock.
  /// The kernel timeout of the first chunk in seconds; other chunks have 60 s more. 0: no timeout.
  std::uint32_t life = 0;
};

/// Whether the layout has room for the value.
[[nodiscard]] bool fits(const DrawerContent& content);
/// The length in bytes up to which every value fits, with this key and deadline. For a length that
/// is not a multiple of the chunk size, the result may be smaller than for one that is.
[[nodiscard]] std::size_t longest_value(const DrawerContent& content);

/// The options to create the drawer's set with. The set is large enough never to grow.
[[nodiscard]] ipset::CreateOptions options_for(const DrawerContent& content);

/// Returns a drawer's elements one by one, in the order to add them: the first chunk, without which
/// a set is not a value, comes last.
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
  std::uint64_t offset_ = 0;  ///< Of the value's next chunk; in counters, the plan's next element.
  bool key_done_;
  bool done_ = false;
};

/// Writes the value's first chunk, the element that DrawerEncoder returns last. False for an empty
/// value without elements, and for the layout `counters`.
[[nodiscard]] bool encode_first(const DrawerContent& content, ipset::Element& element);

}  // namespace ipsetkv::format
