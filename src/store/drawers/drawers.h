// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "format/drawer_content.h"
#include "ipset/connection.h"
#include "ipsetkv/options.h"
#include "store/backend.h"
#include "store/drawers/reader.h"
#include "store/drawers/writer.h"

namespace ipsetkv::store {

/// A store that keeps each value in a set of its own, the drawer.
class Drawers final : public Backend {
 public:
  Drawers(ipset::Connection& connection, std::chrono::milliseconds timeout);

  [[nodiscard]] Result<std::optional<Present>> read(std::string_view key,
                                                    std::string* value) override;
  [[nodiscard]] Result<bool> exists(std::string_view key) override;
  [[nodiscard]] Result<std::optional<KeyInfo>> info(std::string_view key) override;
  [[nodiscard]] Result<void> write(std::string_view key, std::string_view value, Layout layout,
                                   std::optional<format::Moment> deadline) override;
  [[nodiscard]] Result<bool> remove(std::string_view key) override;
  [[nodiscard]] Result<bool> update(std::string_view key, std::string* value,
                                    const Decide& decide) override;
  [[nodiscard]] Result<bool> transfer(std::string_view key, std::string_view new_key,
                                      Transfer how) override;
  [[nodiscard]] Result<void> for_each(std::string_view pattern,
                                      const std::function<void(const KeyInfo&)>& visit) override;
  [[nodiscard]] Result<ScanPage> scan(std::uint64_t cursor, std::string_view pattern,
                                      std::size_t count) override;
  [[nodiscard]] Result<std::uint64_t> save(
      const std::function<Result<void>(std::string_view text)>& write) override;
  [[nodiscard]] Result<SweepResult> sweep() override;

  DrawerReader& reader() { return reader_; }
  DrawerWriter& writer() { return writer_; }

 private:
  /// Reads what is at `place`, under the lock where the first look is not final. Destroys what is
  /// left of an expired value. Never returns Content::kUnsure.
  [[nodiscard]] Result<Content> read_confirmed(const format::Place& place, std::string* value,
                                               Drawer& drawer);

  [[nodiscard]] format::Moment now() const { return format::now(connection_.environment()); }

  ipset::Connection& connection_;
  std::chrono::milliseconds timeout_;
  DrawerReader reader_;
  DrawerWriter writer_;
};

/// Removes the locks and spare sets of writers that died, and free locks. Returns how many sets of
/// dead writers it removed.
[[nodiscard]] Result<std::uint64_t> sweep_dead_writers(ipset::Connection& connection);

/// The drawer's layout, or kAuto if that is what Layout::kAuto chooses for a value of its length.
[[nodiscard]] Layout chosen_layout(const Drawer& drawer);

}  // namespace ipsetkv::store
