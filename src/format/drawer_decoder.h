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

/// What a set turned out to hold.
struct Decoded {
  std::size_t value_bytes = 0;
  Kind kind = Kind::kIpv4;
  std::optional<Moment> deadline;     ///< By the wall clock.
  std::optional<FirstElement> first;  ///< Not of a value without elements, or in counters.
  /// The first chunk is gone: the kernel has ended the value, and what is left belongs to nobody.
  bool ended = false;
};

/// Whether a set of this type, family and extensions can hold a value at all; the elements decide.
/// An empty set is a value only if it has no option that the essay's way or this library would not
/// give it: elements prove what they are, their absence proves nothing.
[[nodiscard]] bool can_be_drawer(const ipset::SetHeader& header);

/// Whether the set is marked as one whose value has a deadline: it is ours even when it is empty.
[[nodiscard]] bool is_expiring(const ipset::CreateOptions& options);

/// Puts a value and its key together from a set's elements in any order.
class DrawerDecoder {
 public:
  /// Begins with the elements of the set of `header`; `has_key` if its name cannot be the key. The
  /// value's bytes go to `value` unless that is null, whose memory is reused; what it holds is of
  /// use only after `finish`.
  void begin(const ipset::SetHeader& header, bool has_key, std::string* value);

  /// Takes an element; false if no value has it. After that the set is no value.
  [[nodiscard]] bool take(const ipset::ElementView& element);

  /// What it is, when all elements were taken; nothing if they are no value.
  [[nodiscard]] std::optional<Decoded> finish();

  /// The key that is stored with the value; empty where the set's name is the key.
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
  std::size_t elements_ = 0;  ///< The most there can be.
  std::optional<Kind> kind_;
  std::optional<std::uint64_t> deadline_;
  std::optional<FirstElement> first_;
  Kind chunk_kind_ = Kind::kIpv4;  ///< Of addresses without comments.
  bool counting_ = false;          ///< It can only be the layout `counters`.
  bool expiring_ = false;
  bool strange_comments_ = false;  ///< It has room for comments, but no writer of ours made it.
  bool broken_ = false;            ///< An element did not fit with the others.
};

}  // namespace ipsetkv::format
