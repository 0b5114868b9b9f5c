// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>

#include "format/drawer_form.h"
#include "format/key.h"
#include "ipset/create_options.h"
#include "ipsetkv/error.h"
#include "store/drawers/reader.h"

namespace ipsetkv::store {

/// What a writer knows of the set that it is about to replace.
struct Predecessor {
  /// As long as the set that comes out of the swap has this element, nobody else has put a set in
  /// its place. Unset where the set has no elements, as for the empty value.
  std::optional<format::FirstElement> first;
  /// Its type, and what it was created with.
  format::SetShape shape;
  ipset::CreateOptions options;
  std::uint32_t references = 0;  ///< How many rules refer to it. 0 if it was not read just now.
  /// The options were compared with the kernel's some milliseconds ago.
  bool options_are_fresh = false;
  /// It was read while the stripe's lock was held, and so it is still true.
  bool is_certain = false;
};

/// What was read without the lock; empty if there was no set.
[[nodiscard]] std::optional<Predecessor> predecessor_of(Content content, const Drawer& drawer);
/// The same of what was read under the lock.
[[nodiscard]] std::optional<Predecessor> certain_predecessor(Content content, const Drawer& drawer);

/// Tells a writer what set there is, and whether it is one that may be replaced.
class SetInspector {
 public:
  SetInspector() = default;
  SetInspector(const SetInspector&) = delete;
  SetInspector& operator=(const SetInspector&) = delete;
  virtual ~SetInspector() = default;

  /// The set at `place`; empty if there is none. kNotAValue if it must not be replaced.
  [[nodiscard]] virtual Result<std::optional<Predecessor>> inspect(const format::Place& place) = 0;
};

/// Any drawer may be replaced, and no other set.
class DrawerInspector final : public SetInspector {
 public:
  explicit DrawerInspector(DrawerReader& reader) : reader_(reader) {}
  [[nodiscard]] Result<std::optional<Predecessor>> inspect(const format::Place& place) override;

 private:
  DrawerReader& reader_;
};

}  // namespace ipsetkv::store
