// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>

#include "format/drawer_form.h"
#include "ipset/connection.h"
#include "ipset/fixed_text.h"
#include "ipsetkv/error.h"
#include "store/backoff.h"
#include "store/drawers/element_source.h"

namespace ipsetkv::store {

/// The set in which a writer builds a set's new content, out of the readers' sight, before it takes
/// the other's place. What comes out of that place is the next spare set, so that replacing again
/// and again creates nothing. Its name carries the netlink port id of the writer's socket, to which
/// it belongs for as long as the socket lives. The destructor destroys it.
class SpareSet {
 public:
  explicit SpareSet(ipset::Connection& connection);
  SpareSet(const SpareSet&) = delete;
  SpareSet& operator=(const SpareSet&) = delete;
  /// A failure leaves the set to be found by its name, by `sweep`.
  ~SpareSet();

  [[nodiscard]] const ipset::SetName& name() const { return name_; }
  /// What it was created with.
  [[nodiscard]] const ipset::CreateOptions& options() const { return options_; }

  /// Makes it a set of this shape and these options that has just these elements. It gets room for
  /// as many as `options` says, since a set that grows is many times slower to fill; but not much
  /// more, since flushing a set walks its table. kBusy if somebody kept listing the one before it;
  /// kNoSuchSet if somebody destroyed it meanwhile, after which a second call creates a new one.
  [[nodiscard]] Result<void> fill(format::SetShape shape, const ipset::CreateOptions& options,
                                  ElementSource& elements, Backoff& backoff);
  /// Whether the content of the last `fill` is still there.
  [[nodiscard]] bool is_filled() const { return is_filled_; }
  /// It has to be filled anew, for another operation.
  void forget_content() { is_filled_ = false; }

  /// Ensures that there is a set of this shape that serves for a set with these options, as far as
  /// is known. What elements it has does not matter.
  [[nodiscard]] Result<void> ensure(format::SetShape shape, const ipset::CreateOptions& options,
                                    Backoff& backoff);

  /// Queues a command that fails if the set, after a swap, has not this shape and these options.
  [[nodiscard]] Result<ipset::Command> queue_comparison(ipset::Batch& batch, format::SetShape shape,
                                                        ipset::CreateOptions options);

  /// After a swap: the set is the one that was replaced, with these options as far as is known, or,
  /// by `are_sure`, for certain.
  void replaced_by(format::SetShape shape, const ipset::CreateOptions& options,
                   bool are_sure = true);
  /// After a rename: there is no set of that name any more.
  void given_away();
  /// Something unexpected happened: the next call creates a new set.
  void lose_track() { replaced_by({}, {}); }

 private:
  /// As far as is known or assumed.
  [[nodiscard]] bool is_fit(format::SetShape shape, const ipset::CreateOptions& wanted) const;
  [[nodiscard]] Result<void> create(format::SetShape shape, const ipset::CreateOptions& options,
                                    Backoff& backoff);
  [[nodiscard]] Result<void> add_all(ElementSource& elements, bool flushes);
  [[nodiscard]] Result<std::uint8_t> revision(format::SetShape shape,
                                              const ipset::CreateOptions& options);

  ipset::Connection& connection_;
  ipset::Batch batch_;
  ipset::Element element_;
  ipset::SetName name_;
  format::SetShape shape_;
  ipset::CreateOptions options_;
  bool options_are_sure_ = true;
  bool exists_ = false;
  bool is_filled_ = false;
  // What the kernel offers for the last shape and options that were asked for.
  format::SetShape revised_shape_;
  ipset::CreateOptions revised_;
  std::optional<std::uint8_t> revision_;
  bool takes_seed_ = false;  ///< Whether the kernel lets a set's hash seed be chosen.
};

}  // namespace ipsetkv::store
