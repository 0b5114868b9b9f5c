// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "format/drawer_form.h"
#include "format/moment.h"
#include "ipset/element_view.h"
#include "ipset/set_header.h"

namespace ipsetkv::format {

/// The decoded content of a set.
struct Decoded {
  std::size_t value_bytes = 0;
  Kind kind = Kind::kIpv4;
  std::optional<Moment> deadline;     ///< By the wall clock.
  std::optional<FirstElement> first;  ///< Unset for a value without elements, and in counters.
  /// The value has expired: the kernel has removed its first chunk. What is left can be removed.
  bool ended = false;
};

/// Whether a set of this type, family and extensions can hold a value; its elements decide whether
/// it does. An empty set proves nothing by its elements, so it is a value only if it has no option
/// other than those that this library or the essay's method gives it.
[[nodiscard]] bool can_be_drawer(const ipset::SetHeader& header);

/// Whether the set is marked as one whose value has a deadline. Such a set is ours even when empty.
[[nodiscard]] bool is_expiring(const ipset::CreateOptions& options);

/// Assembles a value and its key from a set's elements in any order.
class DrawerDecoder {
 public:
  /// Begins the set of `header`; `has_key` if its name cannot be the key. The value's bytes are
  /// written to `value` unless it is null, reusing its memory; they are valid only after `finish`.
  void begin(const ipset::SetHeader& header, bool has_key, std::string* value);

  /// Takes an element; false if no value has such an element. The set is then not a value.
  [[nodiscard]] bool take(const ipset::ElementView& element);

  /// Call after the last element. Empty if the elements are not a value.
  [[nodiscard]] std::optional<Decoded> finish();

  /// The key stored with the value; empty if the set's name is the key.
  [[nodiscard]] const std::string& key() const { return counting_ ? counters_.key() : key_; }

 private:
  [[nodiscard]] bool take_key(const ipset::ElementView& element);
  [[nodiscard]] bool take_text(const ipset::ElementView& element);
  [[nodiscard]] bool take_chunk(const ipset::ElementView& element);
  [[nodiscard]] bool choose(Kind kind);
  void take_first(const ipset::ElementView& element);
  [[nodiscard]] std::optional<std::size_t> value_length();
  [[nodiscard]] std::optional<Decoded> finish_counters();

  chunks::Decoder chunks_;
  counters::Decoder counters_;
  text::Chain text_;
  text::Chain key_chain_;
  std::string key_;
  std::string* value_ = nullptr;
  std::size_t elements_ = 0;  ///< Their number, or the most there can be if it is unknown.
  std::optional<Kind> kind_;
  std::optional<std::uint64_t> deadline_;
  std::optional<FirstElement> first_;
  Kind chunk_kind_ = Kind::kIpv4;  ///< The layout if the elements have no comments.
  bool counting_ = false;          ///< A bitmap:port set, so the layout is `counters`.
  bool expiring_ = false;
  bool foreign_comments_ = false;  ///< The set has comments, but no writer of ours made it.
  bool broken_ = false;            ///< An element did not match the others.
};

}  // namespace ipsetkv::format
