// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "ipset/connection.h"
#include "ipsetkv/options.h"
#include "ipsetkv/store.h"
#include "store/drawer_reader.h"
#include "store/drawer_writer.h"

namespace ipsetkv {

/// What a Store consists of. On the heap, because reader and writer refer to the connection.
class Store::Drawers {
 public:
  Drawers(ipset::Connection opened, const Options& options)
      : connection(std::move(opened)),
        reader(connection),
        writer(connection, reader, options.timeout) {}

  /// Reads what lies under `key`, and gives back the memory of a value whose time has passed.
  [[nodiscard]] Result<store::Content> read(std::string_view key, std::string* to,
                                            store::Drawer& drawer);

  ipset::Connection connection;
  store::DrawerReader reader;
  store::DrawerWriter writer;
  std::string value;  ///< The old value of compound writes; its memory is reused.
};

namespace store {

/// The content for a value at `place`. Errors: kValueTooLong.
[[nodiscard]] Result<layout::DrawerContent> content_of(const Place& place, std::string_view value,
                                                       Layout layout,
                                                       std::optional<std::uint64_t> deadline);

/// The layout that a value of `kind` keeps when it is changed.
[[nodiscard]] Layout layout_of(layout::Kind kind);
/// Its layout if that is another than Layout::kAuto gives to a value as long, otherwise kAuto.
[[nodiscard]] Layout chosen_layout(const Drawer& drawer);

[[nodiscard]] std::uint64_t to_ms(Deadline deadline);
[[nodiscard]] Deadline from_ms(std::uint64_t milliseconds);

}  // namespace store
}  // namespace ipsetkv
