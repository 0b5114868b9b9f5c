// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstddef>
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
#include "store/drawers/reader.h"
#include "store/drawers/recent_writes.h"
#include "store/drawers/spare_set.h"
#include "store/drawers/stripe_lock.h"

namespace ipsetkv::store {

/// A Change, with the content made of it. Borrows what goes into the content.
struct DrawerChange {
  Change::Action action = Change::Action::kLeave;
  format::DrawerContent content;
};

/// Replaces and removes drawers. How, and why nobody is ever shown half a value, stands at the top
/// of drawer_writer.cc.
class DrawerWriter {
 public:
  /// `timeout` limits how long to go on while others keep a set from being exchanged.
  DrawerWriter(ipset::Connection& connection, DrawerReader& reader,
               std::chrono::milliseconds timeout);
  DrawerWriter(const DrawerWriter&) = delete;
  DrawerWriter& operator=(const DrawerWriter&) = delete;
  ~DrawerWriter();

  /// Makes `content` what is at `place`. Errors leave the old value: kNotAValue, kBusy, kLocked,
  /// kTooManySets, kNoMemory, kNoSetType.
  [[nodiscard]] Result<void> write(const format::Place& place,
                                   const format::DrawerContent& content);

  /// Reads what is at `place` and changes it as `decide` says, while no other writer can come
  /// between. `decide` gets null where there is no such key, otherwise the drawer, and its value in
  /// `value` unless that is null; it may be asked again where a reader was in the way. Whether
  /// anything was changed.
  using DecideDrawer = std::function<Result<DrawerChange>(const Drawer* drawer)>;
  [[nodiscard]] Result<bool> update(const format::Place& place, std::string* value,
                                    const DecideDrawer& decide);

  /// Puts the value at `from` at `to` as well, or instead (`remove`), while no other writer can
  /// come between. False if there is nothing at `from`, or something at `to` that is not to be
  /// replaced.
  [[nodiscard]] Result<bool> transfer(const format::Place& from, const format::Place& to,
                                      Transfer how);

  /// Removes the value at `place`; false if there is none. Errors: kNotAValue, kReferenced, kBusy,
  /// kLocked.
  [[nodiscard]] Result<bool> remove(const format::Place& place);

  /// Reads what is at `place` as nobody can be about to change it, and removes what is left of a
  /// value whose time has passed: Content::kValue, or kEnded if there is none.
  [[nodiscard]] Result<Content> settle(const format::Place& place, std::string* value,
                                       Drawer& drawer);

  /// Removes what is left at `place` of a value whose time has passed; false if there is no such.
  [[nodiscard]] Result<bool> remove_ended(const format::Place& place);

 private:
  /// How a step ended that others may have come between.
  enum class Outcome : std::uint8_t {
    kDone,
    kOvertaken,  ///< The key came or went, or the spare set did: look again and start over.
    kLocked,     ///< Somebody else has the lock; nothing has happened.
    kBusy,       ///< Somebody reads the key's set; nothing has happened.
  };
  enum class Lock : std::uint8_t {
    kToBeTaken,
    kHeld,  ///< And given back by the final batch.
    kKept,  ///< And kept beyond it.
  };

  /// The numbers of a final batch's commands.
  struct FinalSend {
    std::optional<std::size_t> acquire;
    std::optional<std::size_t> add;
    std::size_t publish = 0;
    std::optional<std::size_t> back;  ///< The swap that makes what came out the spare set.
    std::optional<std::size_t> check;
    std::optional<std::size_t> compare;  ///< Whether what came out has the options expected.
  };

  [[nodiscard]] Result<std::optional<Predecessor>> look(const format::Place& place);
  [[nodiscard]] Result<Outcome> put(const format::Place& place,
                                    const format::DrawerContent& content,
                                    const std::optional<Predecessor>& predecessor, Lock lock,
                                    Backoff& backoff);
  [[nodiscard]] Result<void> fill(const format::DrawerContent& content, Backoff& backoff);
  [[nodiscard]] Result<Outcome> make_key(const format::Place& place, Lock lock, Backoff& backoff);
  [[nodiscard]] Result<Outcome> exchange(const format::Place& place,
                                         const format::DrawerContent& content,
                                         const Predecessor& predecessor, Lock lock,
                                         Backoff& backoff);
  [[nodiscard]] Result<Outcome> put_unlike(const format::Place& place, format::SetShape shape,
                                           Lock lock, Backoff& backoff);
  [[nodiscard]] Result<Outcome> put_unlike_locked(const format::Place& place,
                                                  format::SetShape shape);
  [[nodiscard]] Result<void> put_up(const ipset::SetName& sign);
  /// Puts the spare set in the place of a set of another type.
  [[nodiscard]] Result<Outcome> change_shape(const format::Place& place);
  [[nodiscard]] bool rename_surely(const ipset::SetName& from, const ipset::SetName& to);
  void queue_small(const format::Place& place, const format::DrawerContent& content,
                   FinalSend& send);
  [[nodiscard]] Result<Outcome> judge(const format::Place& place, const FinalSend& send,
                                      const Predecessor& predecessor, Lock lock);
  [[nodiscard]] Result<Outcome> judge_published(const format::Place& place, const FinalSend& send,
                                                const Predecessor& predecessor, Lock lock);
  /// Takes out again what was published without all of its elements, and says why.
  [[nodiscard]] Error undo(const format::Place& place, const FinalSend& send, Lock lock);
  /// Sees to it that what came out of the key's place is not the lock's own set.
  void bring_back(const format::Place& place, Lock lock);
  [[nodiscard]] Result<void> inspect_replaced(const format::Place& place, Lock lock);
  void lose_spare();
  void take_back(const format::Place& place, const ipset::SetName& from, Lock lock);
  [[nodiscard]] bool is_busy(std::size_t command) const;
  void remember(const format::Place& place, const format::DrawerContent& content,
                const ipset::CreateOptions& options, bool are_fresh);
  /// Gives back the memory of a value whose time has passed, or leaves that to the next one.
  void try_to_destroy(const format::Place& place);
  [[nodiscard]] Result<Outcome> destroy_locked(const format::Place& place, const Drawer& drawer);
  [[nodiscard]] Result<Outcome> change_locked(const format::Place& place, std::string* value,
                                              const DecideDrawer& decide, Backoff& backoff,
                                              bool& changed);
  [[nodiscard]] Result<bool> transfer_locked(const format::Place& from, const format::Place& to,
                                             Transfer how, Backoff& backoff);
  [[nodiscard]] Result<void> put_locked(const format::Place& place,
                                        const format::DrawerContent& content,
                                        std::optional<Predecessor> predecessor, Backoff& backoff);
  [[nodiscard]] Result<void> destroy_kept(const format::Place& place, Backoff& backoff);
  [[nodiscard]] Result<void> wait_after(Outcome outcome, const format::Place& place,
                                        Backoff& backoff);
  /// Waits until nobody reads, with a sign up that asks readers to hold back.
  [[nodiscard]] bool wait_for_readers(std::uint32_t stripe, Backoff& backoff);
  void take_down_sign(std::uint32_t stripe);

  ipset::Connection& connection_;
  DrawerReader& reader_;
  std::chrono::milliseconds timeout_;
  ipset::Batch batch_;
  ipset::Batch short_batch_;
  ipset::Element element_;
  SpareSet spare_;
  StripeLock lock_;
  RecentWrites recent_;
  std::string moved_;  ///< What `transfer` carries; its memory is reused.
  bool sign_is_up_ = false;
  /// Whether the spare set holds what is to be put, whole.
  bool filled_ = false;
};

}  // namespace ipsetkv::store
