// SPDX-License-Identifier: MIT

// What a write consists of
//
//     write    learn what is there: from the last write of the key, or by reading it
//              fill the spare set                                      spare_set.cc
//              acquire the lock of the key's stripe                    stripe_lock.cc
//              exchange the sets, release the lock                     exchange.cc
//              or, for short values, all of these in one send
//     update   acquire the lock, read, decide, then the same
//     transfer acquire two locks, the lower stripe first, read, put, destroy
//
// A set of another type or family is replaced as type_replacement.cc explains. While a reader is in
// the way, the writer waits with a marker (wait_marker.h).
//
// Deadlines: an update may find a value just before its deadline, and make it live longer just
// after it. So a reader that finds an expired value reads it again under the lock.
//
// What a crash leaves: the spare set, the lock under a dead holder's name, markers,
// `~new-<stripe>`. None of them is taken for a key. A waiter takes the lock over, a reader that has
// waited in vain destroys a wait marker, and `sweep` removes the rest.

#include "store/drawers/writer.h"

#include <algorithm>
#include <cassert>
#include <cerrno>

#include "format/moment.h"
#include "ipset/protocol.h"

namespace ipsetkv::store {
namespace {

constexpr std::size_t kBatchBytes = 1024;

// The kernel drops the reference of a rule that was removed a moment later.
constexpr std::chrono::milliseconds kLateRelease{100};

Error not_a_value(const format::Place& place) {
  return Error{.code = ErrorCode::kNotAValue}.about(place.name.view());
}

Error busy(const format::Place& place) {
  return Error{.code = ErrorCode::kBusy, .step = Step::kSwap}.about(place.name.view());
}

}  // namespace

DrawerWriter::DrawerWriter(ipset::Connection& connection, DrawerReader& reader,
                           std::chrono::milliseconds timeout)
    : connection_(connection),
      reader_(reader),
      timeout_(timeout),
      replacement_(connection, reader),
      lock_(connection),
      batch_(connection.new_batch(kBatchBytes)) {}

Result<void> DrawerWriter::write(const format::Place& place, const format::DrawerContent& content) {
  Backoff backoff = new_backoff();
  WaitMarker marker(connection_, place.stripe, backoff);
  std::optional<Predecessor> predecessor = replacement_.recall(place.name);
  bool is_known = predecessor.has_value();
  replacement_.begin();
  for (;;) {
    if (!is_known) {
      const auto found = replacement_.inspect(place);
      if (!found) return tl::unexpected(found.error());
      predecessor = *found;
    }
    const auto outcome = try_write(place, content, predecessor, backoff);
    if (outcome && *outcome == Outcome::kDone) return {};
    replacement_.forget(place.name);
    if (!outcome) return tl::unexpected(outcome.error());
    if (*outcome != Outcome::kBusy) marker.destroy();
    if (*outcome == Outcome::kLocked) {
      if (auto waited = lock_.wait(place.stripe, backoff); !waited)
        return tl::unexpected(waited.error().about(place.name.view()));
    } else if (!marker.wait_for_readers()) {
      return tl::unexpected(busy(place));
    }
    is_known = *outcome == Outcome::kLocked || *outcome == Outcome::kBusy;
  }
}

Result<Outcome> DrawerWriter::try_write(const format::Place& place,
                                        const format::DrawerContent& content,
                                        const std::optional<Predecessor>& predecessor,
                                        Backoff& backoff) {
  if (Replacement::fits_one_send(content, predecessor)) {
    StripeHold hold = lock_.defer(place.stripe, backoff);
    return replacement_.put_in_one_send(hold, place, content, *predecessor);
  }
  if (!replacement_.is_prepared())
    if (auto prepared = replacement_.prepare(place, content, backoff); !prepared)
      return tl::unexpected(prepared.error());
  auto hold = lock_.acquire(place.stripe, backoff);
  if (!hold) return tl::unexpected(hold.error().about(place.name.view()));
  return replacement_.put(*hold, place, content, predecessor);
}

Result<bool> DrawerWriter::update(const format::Place& place, std::string* value,
                                  const DecideDrawer& decide) {
  Backoff backoff = new_backoff();
  return update_within(place, value, decide, backoff);
}

Result<bool> DrawerWriter::update_within(const format::Place& place, std::string* value,
                                         const DecideDrawer& decide, Backoff& backoff) {
  WaitMarker marker(connection_, place.stripe, backoff);
  for (;;) {
    bool changed = false;
    const auto outcome = try_update(place, value, decide, backoff, changed);
    if (!outcome) return tl::unexpected(outcome.error());
    if (*outcome == Outcome::kDone) return changed;
    if (*outcome != Outcome::kBusy) marker.destroy();
    if (!marker.wait_for_readers()) return tl::unexpected(busy(place));
  }
}

Result<Outcome> DrawerWriter::try_update(const format::Place& place, std::string* value,
                                         const DecideDrawer& decide, Backoff& backoff,
                                         bool& changed) {
  auto hold = lock_.acquire(place.stripe, backoff);
  if (!hold) return tl::unexpected(hold.error().about(place.name.view()));
  replacement_.forget(place.name);
  replacement_.begin();
  Drawer drawer;
  const auto content = reader_.read_raw(place, value, drawer);
  if (!content) return tl::unexpected(content.error());
  if (*content == Content::kForeign) return tl::unexpected(not_a_value(place));
  const auto change = decide(*content == Content::kValue ? &drawer : nullptr);
  if (!change) return tl::unexpected(change.error());
  return execute_change(*hold, place, *content, drawer, *change, changed);
}

Result<Outcome> DrawerWriter::execute_change(StripeHold& hold, const format::Place& place,
                                             Content content, const Drawer& drawer,
                                             const DrawerChange& change, bool& changed) {
  switch (change.action) {
    case Change::Action::kLeave:
      if (content == Content::kExpired) try_to_destroy(place);
      return Outcome::kDone;
    case Change::Action::kRemove:
      changed = content == Content::kValue;
      if (content == Content::kNothing) return Outcome::kDone;
      return destroy(hold, place, drawer.references);
    case Change::Action::kWrite:
      changed = true;
      return replacement_.put(hold, place, change.content, certain_predecessor(content, drawer));
  }
  return Outcome::kDone;
}

void DrawerWriter::try_to_destroy(const format::Place& place) {
  batch_.clear();
  (void)batch_.destroy(place.name.view());
  (void)connection_.send(batch_);
}

Result<Outcome> DrawerWriter::destroy(StripeHold& hold, const format::Place& place,
                                      std::uint32_t references) {
  assert(hold.stripe() == place.stripe);
  hold.begin(batch_);
  const ipset::Command destroy = batch_.destroy(place.name.view());
  const auto result = hold.finish(batch_);
  if (!result) return tl::unexpected(result.error());
  const std::int32_t code = (*result)[destroy];
  if (code == 0) return Outcome::kDone;
  if (code == ENOENT) return Outcome::kOvertaken;
  // The kernel has one code for a set that rules refer to and for one that is being listed.
  if (code == IPSET_ERR_BUSY && references == 0) return Outcome::kBusy;
  return tl::unexpected(result->error(destroy));
}

Result<bool> DrawerWriter::transfer(const format::Place& from, const format::Place& to,
                                    Transfer how) {
  Backoff backoff = new_backoff();
  auto holds = StripePairHold::acquire(lock_, from.stripe, to.stripe, backoff);
  if (!holds) return tl::unexpected(holds.error().about(from.name.view()));
  return transfer_locked(*holds, from, to, how);
}

Result<bool> DrawerWriter::transfer_locked(StripePairHold& holds, const format::Place& from,
                                           const format::Place& to, Transfer how) {
  replacement_.forget(from.name);
  replacement_.forget(to.name);
  Drawer source;
  const auto goes_on = read_source(from, how, source);
  if (!goes_on || !*goes_on) return goes_on;
  Drawer target;
  const auto there = reader_.read_raw(to, nullptr, target);
  if (!there) return tl::unexpected(there.error());
  if (*there == Content::kForeign) return tl::unexpected(not_a_value(to));
  if (*there == Content::kValue && !how.replace) return false;
  if (from.name == to.name) return true;

  format::DrawerContent content{.value = std::as_bytes(std::span(moved_)),
                                .kind = source.kind,
                                .key = to.key_inside,
                                .deadline = source.deadline};
  if (source.deadline)
    content.life = format::timeout_until(*source.deadline, format::now(connection_.environment()));
  // The new key may need room in the set where the old one did not.
  if (!format::fits(content)) content.kind = format::Kind::kComment;
  if (auto put = put_waiting(holds.of(to.stripe), to, content, certain_predecessor(*there, target));
      !put)
    return tl::unexpected(put.error());
  if (!how.remove) return true;
  if (auto destroyed = destroy_waiting(holds.of(from.stripe), from); !destroyed)
    return tl::unexpected(destroyed.error());
  return true;
}

Result<bool> DrawerWriter::read_source(const format::Place& from, Transfer how, Drawer& source) {
  const auto found = reader_.read_raw(from, &moved_, source);
  if (!found) return tl::unexpected(found.error());
  if (*found == Content::kForeign) return tl::unexpected(not_a_value(from));
  if (*found == Content::kExpired) try_to_destroy(from);
  if (*found != Content::kValue) return false;
  if (how.remove && source.references > 0)
    return tl::unexpected(
        Error{.code = ErrorCode::kReferenced, .step = Step::kRename}.about(from.name.view()));
  return true;
}

Result<void> DrawerWriter::put_waiting(StripeHold& hold, const format::Place& place,
                                       const format::DrawerContent& content,
                                       std::optional<Predecessor> predecessor) {
  WaitMarker marker(connection_, place.stripe, hold.backoff());
  replacement_.begin();
  for (;;) {
    const auto outcome = replacement_.put(hold, place, content, predecessor);
    if (!outcome) return tl::unexpected(outcome.error());
    if (*outcome == Outcome::kDone) return {};
    if (!marker.wait_for_readers()) return tl::unexpected(busy(place));
    const auto found = replacement_.inspect(place);
    if (!found) return tl::unexpected(found.error());
    predecessor = *found;
    if (predecessor) predecessor->is_certain = true;
  }
}

Result<void> DrawerWriter::destroy_waiting(StripeHold& hold, const format::Place& place) {
  WaitMarker marker(connection_, place.stripe, hold.backoff());
  for (;;) {
    // References were looked for before.
    const auto outcome = destroy(hold, place, 0);
    if (!outcome && outcome.error().step == Step::kSend && hold.backoff().wait()) continue;
    if (!outcome) return tl::unexpected(half_done(outcome.error()));
    if (*outcome != Outcome::kBusy) return {};
    if (!marker.wait_for_readers()) return tl::unexpected(busy(place));
  }
}

Result<bool> DrawerWriter::remove(const format::Place& place) {
  Backoff backoff = new_backoff();
  std::optional<Backoff> rules;
  for (;;) {
    auto removed = update_within(
        place, nullptr,
        [](const Drawer* drawer) -> Result<DrawerChange> {
          return DrawerChange{drawer == nullptr ? Change::Action::kLeave : Change::Action::kRemove,
                              {}};
        },
        backoff);
    if (removed || removed.error().code != ErrorCode::kReferenced) return removed;
    if (!rules)
      rules.emplace(connection_.environment(), std::min(backoff.remaining(), kLateRelease));
    if (!rules->wait()) return removed;
  }
}

Result<bool> DrawerWriter::remove_expired(const format::Place& place) {
  Backoff backoff = new_backoff();
  Drawer drawer;
  const auto content = read_under_lock(place, nullptr, drawer, backoff);
  if (!content) return tl::unexpected(content.error());
  return *content == Content::kExpired;
}

Result<Content> DrawerWriter::read_under_lock(const format::Place& place, std::string* value,
                                              Drawer& drawer, Backoff& backoff) {
  Content content = Content::kExpired;
  const auto updated = update_within(
      place, value,
      [&](const Drawer* found) -> Result<DrawerChange> {
        content = found == nullptr ? Content::kExpired : Content::kValue;
        if (found != nullptr) drawer = *found;
        return DrawerChange{found == nullptr ? Change::Action::kRemove : Change::Action::kLeave,
                            {}};
      },
      backoff);
  if (!updated) return tl::unexpected(updated.error());
  return content;
}

}  // namespace ipsetkv::store
