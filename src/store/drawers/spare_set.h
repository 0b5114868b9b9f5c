// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "format/drawer_form.h"
#include "ipset/connection.h"
#include "ipset/fixed_text.h"
#include "ipsetkv/error.h"
#include "store/backoff.h"

namespace ipsetkv::store {

/// The set in which a writer puts a value together, out of the readers' sight, before it takes the
/// key's place. What comes out of that place is the next spare set, so that replacing a value again
/// and again creates nothing. Its name carries the netlink port id of the writer's socket: it
/// belongs to that socket for as long as the socket lives.
class SpareSet {
 public:
  explicit SpareSet(ipset::Connection& connection);

  [[nodiscard]] const ipset::SetName& name() const { return name_; }
  /// Its type, and what it was created with.
  [[nodiscard]] format::SetShape shape() const { return shape_; }
  [[nodiscard]] const ipset::CreateOptions& options() const { return options_; }

  /// Sees to it that there is a set with the options that `content` needs, with room for it without
  /// growing, a growing set being many times slower to fill, and not needlessly large, since
  /// flushing one walks its table. True if it has to be flushed before use. kBusy if somebody kept
  /// reading the one that it takes the place of.
  [[nodiscard]] Result<bool> prepare(const format::DrawerContent& content, Backoff& backoff);

  /// The same for a short value that any set of its type holds that one of our writers has made.
  [[nodiscard]] Result<void> prepare_for_short(Backoff& backoff);

  /// Queues a command that fails if the set, after a swap, has not this type and these options.
  [[nodiscard]] Result<void> queue_comparison(ipset::Batch& batch, format::SetShape shape,
                                              ipset::CreateOptions options);

  /// After a swap: the set now is what was in the key's place, with these options for all that is
  /// known, or, by `are_sure`, for certain.
  void replaced_by(format::SetShape shape, const ipset::CreateOptions& options,
                   bool are_sure = true);
  /// After a rename: there is no set of that name any more.
  void given_away() { state_ = State::kAbsent; }
  /// Something did not go as expected: the next `prepare` makes a new set.
  void lose_track() { replaced_by({}, {}); }

  /// Destroys the set, if there is one. A failure leaves it to be found by its name.
  void discard();

 private:
  enum class State : std::uint8_t { kAbsent, kPresent };

  /// Going by what is known or assumed of it.
  [[nodiscard]] bool is_fit(format::SetShape shape, const ipset::CreateOptions& wanted) const;
  [[nodiscard]] Result<void> create(format::SetShape shape, const ipset::CreateOptions& options,
                                    Backoff& backoff);
  [[nodiscard]] Result<std::uint8_t> revision(format::SetShape shape,
                                              const ipset::CreateOptions& options);

  ipset::Connection& connection_;
  ipset::Batch batch_;
  ipset::SetName name_;
  format::SetShape shape_;
  ipset::CreateOptions options_;
  bool options_are_sure_ = true;
  format::SetShape revised_shape_;
  ipset::CreateOptions revised_;  ///< What `revision_` was asked for.
  std::optional<std::uint8_t> revision_;
  bool takes_seed_ = false;  ///< Whether the kernel lets a set's hash seed be chosen.
  State state_ = State::kAbsent;
};

}  // namespace ipsetkv::store
