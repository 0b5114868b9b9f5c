// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <optional>

#include "base/environment.h"
#include "ipset/fixed_text.h"
#include "store/drawers/predecessor.h"

namespace ipsetkv::store {

/// The keys that a Store has written a moment ago, with what it left there, so that writing one of
/// them again need not begin with reading it. A fixed number of entries; a newer key may evict an
/// older one. Entries are hints: the writer verifies them with a `test` in the same batch. A writer
/// of short values verifies the options only every few milliseconds (see exchange.cc).
class RecentWrites {
 public:
  explicit RecentWrites(Environment& environment) : environment_(environment) {}

  /// What was left under `name`, if that is not long ago.
  [[nodiscard]] std::optional<Predecessor> find(const ipset::SetName& name) const;
  /// A set of the locks' shape was left there. Options that `are_fresh` already stay so only for as
  /// long as without this call.
  void remember(const ipset::SetName& name, const format::FirstElement& first,
                const ipset::CreateOptions& options, bool are_fresh);
  void forget(const ipset::SetName& name);

 private:
  static constexpr std::size_t kEntries = 64;
  /// A set of another kind that somebody puts in the key's place within this time after our write
  /// is taken out by our next one, and put back within microseconds.
  static constexpr std::chrono::seconds kTrusted{1};
  /// For this time the options are not verified. In a row of writes that makes it rare.
  static constexpr std::chrono::milliseconds kFresh{4};

  struct Entry {
    ipset::SetName name;
    format::FirstElement first;
    ipset::CreateOptions options;
    std::chrono::nanoseconds when{};
    std::chrono::nanoseconds options_when{};
  };

  [[nodiscard]] static std::size_t index_of(const ipset::SetName& name);

  /// Some milliseconds coarse, and read without a system call.
  [[nodiscard]] std::chrono::nanoseconds now() const {
    return environment_.now(Environment::Clock::kCoarse);
  }

  Environment& environment_;
  std::array<Entry, kEntries> entries_{};
};

}  // namespace ipsetkv::store
