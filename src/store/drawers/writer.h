// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "format/drawer_form.h"
#include "format/key.h"
#include "ipset/connection.h"
#include "ipsetkv/error.h"
#include "store/backoff.h"
#include "store/change.h"
#include "store/drawers/outcome.h"
#include "store/drawers/predecessor.h"
#include "store/drawers/reader.h"
#include "store/drawers/replacement.h"
#include "store/drawers/stripe_lock.h"
#include "store/drawers/wait_marker.h"

namespace ipsetkv::store {

/// A Change, with the drawer's content made of it. Borrows what goes into the content.
struct DrawerChange {
  Change::Action action = Change::Action::kLeave;
  format::DrawerContent content;
};

/// Replaces and removes drawers, so that readers only see whole values. What a write consists of is
/// explained at the top of writer.cc.
///
/// No call waits longer than the timeout, for readers and other writers together. Errors leave the
/// old value: kNotAValue, kBusy, kLocked, kTooManySets, kNoMemory, kNoSetType. After an error that
/// says that replies were lost, the old value or the new one is there, whole.
class DrawerWriter {
 public:
  DrawerWriter(ipset::Connection& connection, DrawerReader& reader,
               std::chrono::milliseconds timeout);

  /// Puts a drawer with `content` at `place`.
  [[nodiscard]] Result<void> write(const format::Place& place,
                                   const format::DrawerContent& content);

  /// Reads what is at `place` and changes it as `decide` says, atomically with regard to other
  /// writers. `decide` gets null where there is no such key, otherwise the drawer, and its value in
  /// `value` unless that is null; it is called again where a reader was in the way. Returns whether
  /// anything was changed.
  using DecideDrawer = std::function<Result<DrawerChange>(const Drawer* drawer)>;
  [[nodiscard]] Result<bool> update(const format::Place& place, std::string* value,
                                    const DecideDrawer& decide);

  /// Copies the value at `from` to `to`, or moves it (`how.remove`), atomically with regard to
  /// other writers. False if there is nothing at `from`, or something at `to` that is not to be
  /// replaced.
  [[nodiscard]] Result<bool> transfer(const format::Place& from, const format::Place& to,
                                      Transfer how);

  /// Removes the value at `place`; false if there is none. Error: also kReferenced.
  [[nodiscard]] Result<bool> remove(const format::Place& place);

  /// Reads what is at `place` while no writer can be about to change it, and destroys what is left
  /// of an expired value: Content::kValue, or kExpired if there is none.
  [[nodiscard]] Result<Content> read_under_lock(const format::Place& place, std::string* value,
                                                Drawer& drawer, Backoff& backoff);

  /// Destroys what is left at `place` of an expired value; false if there is none.
  [[nodiscard]] Result<bool> remove_expired(const format::Place& place);

 private:
  [[nodiscard]] Backoff new_backoff() const { return {connection_.environment(), timeout_}; }

  [[nodiscard]] Result<Outcome> try_write(const format::Place& place,
                                          const format::DrawerContent& content,
                                          const std::optional<Predecessor>& predecessor,
                                          Backoff& backoff);

  // Updating.
  [[nodiscard]] Result<bool> update_within(const format::Place& place, std::string* value,
                                           const DecideDrawer& decide, Backoff& backoff);
  [[nodiscard]] Result<Outcome> try_update(const format::Place& place, std::string* value,
                                           const DecideDrawer& decide, Backoff& backoff,
                                           bool& changed);
  [[nodiscard]] Result<Outcome> execute_change(StripeHold& hold, const format::Place& place,
                                               Content content, const Drawer& drawer,
                                               const DrawerChange& change, bool& changed);
  [[nodiscard]] Result<Outcome> destroy(StripeHold& hold, const format::Place& place,
                                        std::uint32_t references);
  /// Frees the memory of an expired value, or leaves that to the next writer.
  void try_to_destroy(const format::Place& place);

  // Transferring, with both locks kept.
  [[nodiscard]] Result<bool> transfer_locked(StripePairHold& holds, const format::Place& from,
                                             const format::Place& to, Transfer how);
  /// Reads the source into `moved_`, and whether the transfer may go on.
  [[nodiscard]] Result<bool> read_source(const format::Place& from, Transfer how, Drawer& source);
  [[nodiscard]] Result<void> put_waiting(StripeHold& hold, const format::Place& place,
                                         const format::DrawerContent& content,
                                         std::optional<Predecessor> predecessor);
  [[nodiscard]] Result<void> destroy_waiting(StripeHold& hold, const format::Place& place);

  ipset::Connection& connection_;
  DrawerReader& reader_;
  std::chrono::milliseconds timeout_;
  Replacement replacement_;
  StripeLock lock_;
  ipset::Batch batch_;
  std::string moved_;  ///< What `transfer` copies; its memory is reused.
};

}  // namespace ipsetkv::store
