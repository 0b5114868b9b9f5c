// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "format/drawer_form.h"
#include "ipset/create_options.h"
#include "ipset/fixed_text.h"

namespace ipsetkv::store {

/// What a writer knows of the set that it is about to take the place of.
struct Predecessor {
  /// As long as the set that comes out of the swap has it, nobody has put a set of his own in the
  /// key's place. Unset for the empty value, which has no elements.
  std::optional<format::FirstElement> first;
  /// Its set's type, and what it was created with.
  format::SetShape shape;
  ipset::CreateOptions options;
  /// The kernel was asked for those a few milliseconds ago.
  bool options_are_fresh = false;
};

/// The keys that a Store has written a moment ago, with what it left there, so that writing one of
/// them again need not begin with reading it. A fixed number of places; a newer key may push an
/// older one out. What is in here is not believed: the kernel is asked in the same send, after the
/// fact. Of the options a short value's writer asks now and then only (see drawer_writer.cc).
class RecentWrites {
 public:
  /// What was left under `name`, if that is not long ago.
  [[nodiscard]] std::optional<Predecessor> find(const ipset::SetName& name) const;
  /// Fresh options stay so for as long as they would have without this.
  void remember(const ipset::SetName& name, const Predecessor& left);
  void forget(const ipset::SetName& name);

 private:
  static constexpr std::size_t kPlaces = 64;
  /// Somebody who puts a set of another kind in a key's place within this time after our write, in
  /// the moment before our next, has it taken out and put back within microseconds.
  static constexpr std::chrono::seconds kTrusted{1};
  /// In this time even its options would go unseen. In a row of writes it makes the question rare.
  static constexpr std::chrono::milliseconds kFresh{4};

  struct Entry {
    ipset::SetName name;
    Predecessor left;
    std::chrono::nanoseconds when{};
    std::chrono::nanoseconds options_when{};
  };

  [[nodiscard]] static std::size_t index_of(const ipset::SetName& name);

  std::array<Entry, kPlaces> places_{};
};

}  // namespace ipsetkv::store
