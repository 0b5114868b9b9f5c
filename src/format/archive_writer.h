// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "format/drawer_form.h"
#include "ipset/element.h"
#include "ipsetkv/error.h"

namespace ipsetkv::format {

/// Writes drawers as the text that `ipset restore` reads: for each set a line that creates it, and
/// one for each element, the value's first chunk last, so that what stops half way is no value.
/// Comments count the elements of each set, and the sets, by which ArchiveReader knows that nothing
/// is missing. Keeps one piece of text in memory. No I/O of its own.
class ArchiveWriter {
 public:
  /// Gets the text in pieces of some 64 KiB; an error of it is returned at once.
  using Write = std::function<Result<void>(std::string_view text)>;
  explicit ArchiveWriter(const Write& write);

  /// Writes the set `name` with `content`.
  [[nodiscard]] Result<void> add(std::string_view name, const DrawerContent& content);

  /// The same in parts: begins a set, puts an element into it, ends it.
  void begin_set(std::string_view name, SetShape shape, const ipset::CreateOptions& options);
  [[nodiscard]] Result<void> put(const ipset::Element& element);
  void end_set();

  /// Ends the text; returns how many sets it holds.
  [[nodiscard]] Result<std::uint64_t> finish();

 private:
  [[nodiscard]] Result<void> flush();

  const Write& write_;
  std::string text_;
  std::string name_;  ///< Of the set that was begun.
  std::uint64_t elements_ = 0;
  std::uint64_t sets_ = 0;
};

}  // namespace ipsetkv::format
