// SPDX-License-Identifier: MIT

// How a value is replaced
//
// A writer puts the new value together in a spare set of its own, `~<port id>`, takes the lock of
// the key's stripe, which is a set too (see stripe_lock.cc), and then asks the kernel to exchange
// names: `swap` where the key exists, `rename` where it does not. Both take effect at one instant,
// under the mutex that all of ipset's commands share. Readers name the key, so each finds the old
// set or the new one, whole. What comes out of the swap is the next spare set.
//
// A failing command does not stop those behind it, so everything that must happen only under the
// lock names the lock's set by the name that it has only while it is ours (`held`):
//
//     small:  [take lock] [flush held] [add held ...] [swap held key] [swap spare held]
//             [test spare] [create spare, now and then] [give lock back]
//     other:  spare is filled first; [take lock]; then [swap spare key] [test spare] [create spare]
//             [give lock back]
//     absent: spare is filled first; [take lock]; then [rename spare key] [give lock back]
//
// A listing that is at a set in this very moment, anybody's listing of everything included, makes a
// rename, a swap or a destroy of it fail. So no command may rely on the one before it: whoever goes
// on after a rename or a swap has seen that it succeeded, or does nothing wrong where it has not.
//
// In the first form the value is put together in the lock's own set, and the spare set takes its
// place there: one send, for values of 1 to 64 chunks without deadline. Both sets are plain ones;
// or other writers' for values with a deadline or in comments, which hold such a value just as
// well.
//
// Other layouts than those of the lock's own type: a set of another type or family cannot be
// exchanged. Its writer takes the lock, looks, and fills the place under the lock: by `swap` where
// what is there is of the same type; otherwise by
//
//     [create ~mixed-<stripe>]; [rename spare ~new-<stripe>]; then
//     [destroy key] [rename ~new-<stripe> key]
//
// the last two in one send. The first is a sign, which stays up: where it is, a reader who finds no
// key reads under the lock. One that was up for the moment only could come down and be put up again
// between two looks of a reader, who would have missed the key twice.
//
// A deadline that passes: a compound write may have found the value before it, and make it live
// longer after it. So a reader who finds a value whose time has passed reads again under the lock.
//
// Compound writes take the lock, read the key, and then do the same with the lock held.
//
// What is sent: nothing is acknowledged. By the time `send` returns the kernel has carried
// everything out, and a queue without an error says that all of it succeeded.
//
// What others own: a set that is no value must not be touched. So the first write of a key reads
// it. Within a second of that the writer goes by what it left there itself, and `test`, sent along
// behind the swap, asks whether that is what came out; `create`, which the kernel takes in silence
// where there is such a set with the same options already, asks for those: with other options the
// set could not serve as the next spare set. The first form does without the latter for a few
// milliseconds after it was asked: what other writers leave serves it too, but for the empty value,
// which needs the options to be known. If it is not what came out, somebody was there in the
// meantime: the writer reads what came out, and if it is no value, puts it back at once and fails.
//
// An `add` that fails in the first form (the kernel had no memory for an element) does not keep the
// swap behind it from happening. The first chunk is added last and the kernel stops at the first
// element that fails, so it is missing in such a set and no reader takes it for a value; the writer
// swaps it out again at once and reports the failure. Readers read again when a set makes no sense.
//
// Readers in the way: the kernel refuses to exchange a set that is being read in several parts. The
// writer puts up a sign, `~wait-<stripe>`, that readers of long values look for before they read
// such a value again, tries until Options::timeout, and takes the sign down.
//
// What a crash leaves: the spare set, the lock under a dead owner's name, a sign. None of them is
// taken for a key, the lock is taken over by whoever needs it, the sign is taken down by the first
// reader who waited for it, and `sweep` removes the rest.

#include "store/drawers/writer.h"
#include "format/own_names.h"

#include <algorithm>
#include <cerrno>

#include "format/chunks.h"
#include "format/moment.h"

namespace ipsetkv::store {
namespace {

// One command's elements (64 KiB at most) and a few commands without.
constexpr std::size_t kBatchBytes = std::size_t{72} * 1024;
constexpr std::size_t kShortBatchBytes = 2048;

// The chunks that a lock's own set, with its 64 buckets, holds without growing.
constexpr std::size_t kSmallBytes = std::size_t{ipset::kMinHashSize} * format::chunks::kIpv4.bytes;

/// The type of the locks: with sets of this one they can change places.
constexpr format::SetShape kLockShape{};

// A rule that was just removed lets go of its set a moment late.
constexpr std::chrono::milliseconds kLateRelease{100};

Error not_a_value(const format::Place& place) {
  return Error{.code = ErrorCode::kNotAValue}.about(place.name.view());
}

Error busy(const format::Place& place) {
  return Error{.code = ErrorCode::kBusy, .step = Step::kSwap}.about(place.name.view());
}

/// The failure of an `add` to a set that is ours, with the key's name instead of the spare set's.
Error add_error(const ipset::Batch& batch, std::size_t command, const format::Place& place) {
  Error error = batch.error(command);
  // All types share the number; for a hash type it is IPSET_ERR_HASH_FULL.
  if (error.kernel_code == IPSET_ERR_TYPE_SPECIFIC) error.code = ErrorCode::kSetFull;
  return error.about(place.name.view());
}

Predecessor predecessor_of(const Drawer& drawer) {
  return {.first = drawer.first, .shape = drawer.shape, .options = drawer.options};
}

bool is_small(const format::DrawerContent& content) {
  return content.kind == format::Kind::kIpv4 && content.key.empty() && !content.deadline &&
         !content.value.empty() && content.value.size() <= kSmallBytes;
}

/// Whether what comes out need not be asked for its options this time.
bool goes_unasked(const Predecessor& predecessor, const format::DrawerContent& content) {
  return predecessor.options_are_fresh && is_small(content);
}

}  // namespace

DrawerWriter::DrawerWriter(ipset::Connection& connection, DrawerReader& reader,
                           std::chrono::milliseconds timeout)
    : connection_(connection),
      reader_(reader),
      timeout_(timeout),
      batch_(connection.new_batch(kBatchBytes)),
      short_batch_(connection.new_batch(kShortBatchBytes)),
      spare_(connection),
      lock_(connection) {}

DrawerWriter::~DrawerWriter() { spare_.discard(); }

Result<void> DrawerWriter::write(const format::Place& place, const format::DrawerContent& content) {
  Backoff backoff(connection_.environment(), timeout_);
  std::optional<Predecessor> predecessor = recent_.find(place.name);
  bool known = predecessor.has_value();
  filled_ = false;
  for (;;) {
    if (!known) {
      const auto found = look(place);
      if (!found) return tl::unexpected(found.error());
      predecessor = *found;
    }
    const auto outcome = put(place, content, predecessor, Lock::kToBeTaken, backoff);
    if (!outcome || *outcome != Outcome::kBusy) take_down_sign(place.stripe);
    if (outcome && *outcome == Outcome::kDone) return {};
    recent_.forget(place.name);
    if (!outcome) return tl::unexpected(outcome.error());
    if (auto waited = wait_after(*outcome, place, backoff); !waited) return waited;
    known = *outcome == Outcome::kLocked || *outcome == Outcome::kBusy;
  }
}

Result<void> DrawerWriter::wait_after(Outcome outcome, const format::Place& place,
                                      Backoff& backoff) {
  if (outcome == Outcome::kLocked) {
    auto waited = lock_.wait(place.stripe, backoff);
    if (!waited) return tl::unexpected(waited.error().about(place.name.view()));
    return waited;
  }
  if (!wait_for_readers(place.stripe, backoff)) return tl::unexpected(busy(place));
  return {};
}

Result<std::optional<Predecessor>> DrawerWriter::look(const format::Place& place) {
  Drawer drawer;
  const auto content = reader_.read_locked(place, nullptr, drawer);
  if (!content) return tl::unexpected(content.error());
  if (*content == Content::kForeign) return tl::unexpected(not_a_value(place));
  if (*content == Content::kNothing) return std::nullopt;
  return predecessor_of(drawer);
}

Result<DrawerWriter::Outcome> DrawerWriter::put(const format::Place& place,
                                                const format::DrawerContent& content,
                                                const std::optional<Predecessor>& predecessor,
                                                Lock lock, Backoff& backoff) {
  const format::SetShape shape = format::shape_of(content.kind);
  const bool exchangeable = shape == kLockShape && (!predecessor || predecessor->shape == shape);
  if (exchangeable && predecessor && is_small(content)) {
    if (auto prepared = spare_.prepare_for_short(backoff); !prepared)
      return tl::unexpected(prepared.error().about(place.name.view()));
  } else if (!filled_) {
    auto filled = fill(content, backoff);
    // Somebody may have destroyed the spare set since the last time; the second time it is made
    // anew.
    if (!filled && filled.error().code == ErrorCode::kNoSuchSet) filled = fill(content, backoff);
    if (!filled) return tl::unexpected(filled.error().about(place.name.view()));
    filled_ = true;
  }
  if (!exchangeable) return put_unlike(place, shape, lock, backoff);
  const ipset::CreateOptions options = spare_.options();
  const auto outcome = predecessor ? exchange(place, content, *predecessor, lock, backoff)
                                   : make_key(place, lock, backoff);
  const bool stay_fresh = predecessor && goes_unasked(*predecessor, content);
  if (outcome && *outcome == Outcome::kDone) remember(place, content, options, stay_fresh);
  return outcome;
}

Result<void> DrawerWriter::fill(const format::DrawerContent& content, Backoff& backoff) {
  const auto flush = spare_.prepare(content, backoff);
  if (!flush) return tl::unexpected(flush.error());
  const std::string_view name = spare_.name().view();
  batch_.clear();
  if (*flush) batch_.flush(name);
  format::DrawerEncoder encoder(content);
  bool more = encoder.next(element_);
  do {
    const std::size_t first = batch_.size();
    if (more) {
      batch_.begin_add(name);
      while (more && batch_.append(element_)) more = encoder.next(element_);
      batch_.end_elements();
    }
    if (auto executed = connection_.execute(batch_); !executed) {
      lose_spare();
      return executed;
    }
    if (const auto failed = batch_.first_failure()) {
      lose_spare();
      Error error = batch_.error(*failed);
      if (*failed == first && error.kernel_code == IPSET_ERR_TYPE_SPECIFIC)
        error.code = ErrorCode::kSetFull;
      return tl::unexpected(error);
    }
    batch_.clear();
  } while (more);
  return {};
}

Result<DrawerWriter::Outcome> DrawerWriter::make_key(const format::Place& place, Lock lock,
                                                     Backoff& backoff) {
  if (lock == Lock::kToBeTaken)
    if (auto taken = lock_.acquire(place.stripe, backoff); !taken)
      return tl::unexpected(taken.error().about(place.name.view()));
  batch_.clear();
  batch_.rename(spare_.name().view(), place.name.view());
  if (lock != Lock::kKept) lock_.queue_release(batch_, place.stripe);
  if (auto executed = connection_.execute(batch_); !executed) {
    if (lock != Lock::kKept) lock_.release(place.stripe);
    lose_spare();
    return tl::unexpected(executed.error());
  }
  if (lock != Lock::kKept) lock_.see_released(batch_, 1, place.stripe);
  if (batch_.code(0) == 0) {
    spare_.given_away();
    return Outcome::kDone;
  }
  // The key has appeared, or the spare set has gone or is being listed.
  if (batch_.code(0) == IPSET_ERR_EXIST_SETNAME2) return Outcome::kOvertaken;
  if (is_busy(0)) return Outcome::kOvertaken;
  lose_spare();
  if (batch_.code(0) == ENOENT) return Outcome::kOvertaken;
  return tl::unexpected(batch_.error(0).about(place.name.view()));
}

Result<DrawerWriter::Outcome> DrawerWriter::put_unlike(const format::Place& place,
                                                       format::SetShape shape, Lock lock,
                                                       Backoff& backoff) {
  if (lock == Lock::kToBeTaken)
    if (auto taken = lock_.acquire(place.stripe, backoff); !taken)
      return tl::unexpected(taken.error().about(place.name.view()));
  const auto outcome = put_unlike_locked(place, shape);
  if (lock != Lock::kKept) lock_.release(place.stripe);
  return outcome;
}

Result<DrawerWriter::Outcome> DrawerWriter::put_unlike_locked(const format::Place& place,
                                                              format::SetShape shape) {
  const auto predecessor = look(place);
  if (!predecessor) return tl::unexpected(predecessor.error());
  if (*predecessor && (*predecessor)->shape != shape) return change_shape(place);
  batch_.clear();
  if (*predecessor)
    batch_.swap(spare_.name().view(), place.name.view());
  else
    batch_.rename(spare_.name().view(), place.name.view());
  if (auto executed = connection_.execute(batch_); !executed) {
    lose_spare();
    return tl::unexpected(executed.error());
  }
  if (batch_.code(0) == 0) {
    if (*predecessor)
      spare_.replaced_by((*predecessor)->shape, (*predecessor)->options);
    else
      spare_.given_away();
    return Outcome::kDone;
  }
  if (is_busy(0)) return Outcome::kBusy;
  if (batch_.code(0) == ENOENT) lose_spare();
  return Outcome::kOvertaken;
}

Result<void> DrawerWriter::put_up(const ipset::SetName& sign) {
  short_batch_.clear();
  // A set that is never filled: any revision will do.
  short_batch_.create(sign.view(), ipset::SetType::kHashIpPort, ipset::Family::kInet,
                      format::kNeededRevision, {.hashsize = ipset::kMinHashSize},
                      ipset::Existing::kAccept);
  if (auto executed = connection_.execute(short_batch_); !executed) return executed;
  // One with other options is a sign as well.
  if (const std::int32_t code = short_batch_.code(0); code == 0 || code == EEXIST) return {};
  return tl::unexpected(short_batch_.error(0));
}

Result<DrawerWriter::Outcome> DrawerWriter::change_shape(const format::Place& place) {
  if (auto put = put_up(format::mixed_marker_name(place.stripe)); !put)
    return tl::unexpected(put.error().about(place.name.view()));
  const ipset::SetName between = format::new_set_name(place.stripe);
  batch_.clear();
  batch_.rename(spare_.name().view(), between.view());
  if (auto executed = connection_.execute(batch_); !executed) {
    lose_spare();
    return tl::unexpected(executed.error());
  }
  if (batch_.code(0) == IPSET_ERR_EXIST_SETNAME2) {
    // Left by a writer that died: the lock is ours.
    batch_.clear();
    batch_.destroy(between.view());
    if (auto executed = connection_.execute(batch_); !executed)
      return tl::unexpected(executed.error());
    return Outcome::kOvertaken;
  }
  if (batch_.code(0) == ENOENT) lose_spare();
  if (batch_.code(0) != 0) return Outcome::kOvertaken;

  batch_.clear();
  batch_.destroy(place.name.view());
  batch_.rename(between.view(), place.name.view());
  auto executed = connection_.execute(batch_);
  const std::int32_t destroyed = executed ? batch_.code(0) : 0;
  const Error error = batch_.error(0).about(place.name.view());
  if (destroyed == 0 || destroyed == ENOENT) {
    const bool renamed = executed && batch_.code(1) == 0;
    if (!renamed && !rename_surely(between, place.name)) return tl::unexpected(busy(place));
    spare_.given_away();
    return Outcome::kDone;
  }
  if (!rename_surely(between, spare_.name())) lose_spare();
  if (destroyed != IPSET_ERR_BUSY) return tl::unexpected(error);
  // The kernel has one word for a set that rules refer to and for one that is being read.
  Drawer drawer;
  const auto content = reader_.read_locked(place, nullptr, drawer);
  if (content && *content == Content::kValue && drawer.references > 0) return tl::unexpected(error);
  return Outcome::kBusy;
}

bool DrawerWriter::rename_surely(const ipset::SetName& from, const ipset::SetName& to) {
  Backoff backoff(connection_.environment(), timeout_);
  for (;;) {
    batch_.clear();
    batch_.rename(from.view(), to.view());
    if (!connection_.execute(batch_)) return false;
    if (batch_.code(0) == 0) return true;
    if (!is_busy(0) || !backoff.wait()) return false;
  }
}

void DrawerWriter::queue_small(const format::Place& place, const format::DrawerContent& content,
                               FinalSend& send) {
  const std::string_view held = lock_.held(place.stripe).view();
  batch_.flush(held);
  format::DrawerEncoder encoder(content);
  if (encoder.next(element_)) {
    send.add = batch_.size();
    batch_.begin_add(held);
    do (void)batch_.append(element_);
    while (encoder.next(element_));
    batch_.end_elements();
  }
  send.publish = batch_.size();
  batch_.swap(held, place.name.view());
  send.back = batch_.size();
  batch_.swap(spare_.name().view(), held);
}

Result<DrawerWriter::Outcome> DrawerWriter::exchange(const format::Place& place,
                                                     const format::DrawerContent& content,
                                                     const Predecessor& predecessor, Lock lock,
                                                     Backoff& backoff) {
  // What was read under the lock is still so.
  const bool sure = lock != Lock::kToBeTaken;
  const bool small = is_small(content);
  if (!small && !sure)
    if (auto taken = lock_.acquire(place.stripe, backoff); !taken)
      return tl::unexpected(taken.error().about(place.name.view()));
  FinalSend send;
  batch_.clear();
  if (small && !sure) {
    send.acquire = batch_.size();
    lock_.queue_acquire(batch_, place.stripe);
  }
  if (small) {
    queue_small(place, content, send);
  } else {
    send.publish = batch_.size();
    batch_.swap(spare_.name().view(), place.name.view());
  }
  if (predecessor.first) {
    send.check = batch_.size();
    element_.ip = predecessor.first->address;
    element_.port = std::uint16_t{0};
    element_.protocol = predecessor.first->protocol;
    element_.comment.clear();
    element_.timeout.reset();
    element_.packets.reset();
    batch_.test(spare_.name().view(), element_);
    if (!sure && !goes_unasked(predecessor, content)) {
      if (auto queued = spare_.queue_comparison(batch_, predecessor.shape, predecessor.options);
          !queued) {
        lock_.release(place.stripe);
        return tl::unexpected(queued.error().about(place.name.view()));
      }
      send.compare = batch_.size() - 1;
    }
  }
  const std::size_t release = batch_.size();
  if (lock != Lock::kKept) lock_.queue_release(batch_, place.stripe);
  if (auto executed = connection_.execute(batch_); !executed) {
    if (lock != Lock::kKept) lock_.release(place.stripe);
    lose_spare();
    return tl::unexpected(executed.error());
  }
  if (lock != Lock::kKept) lock_.see_released(batch_, release, place.stripe);
  return judge(place, send, predecessor, lock);
}

Result<DrawerWriter::Outcome> DrawerWriter::judge(const format::Place& place, const FinalSend& send,
                                                  const Predecessor& predecessor, Lock lock) {
  if (send.acquire && batch_.code(*send.acquire) != 0) return Outcome::kLocked;
  if (send.add && batch_.code(*send.add) != 0) return tl::unexpected(undo(place, send, lock));
  const std::int32_t code = batch_.code(send.publish);
  if (code == 0) return judge_published(place, send, predecessor, lock);
  if (is_busy(send.publish)) return Outcome::kBusy;
  if (code == ENOENT) {
    lose_spare();
    return Outcome::kOvertaken;
  }
  // The key has gone, or another writer or somebody else has put a set of another type there.
  if (code == IPSET_ERR_EXIST_SETNAME2 || code == IPSET_ERR_TYPE_MISMATCH)
    return Outcome::kOvertaken;
  return tl::unexpected(batch_.error(send.publish).about(place.name.view()));
}

Result<DrawerWriter::Outcome> DrawerWriter::judge_published(const format::Place& place,
                                                            const FinalSend& send,
                                                            const Predecessor& predecessor,
                                                            Lock lock) {
  if (send.back && batch_.code(*send.back) != 0) {
    // Somebody destroyed or listed the spare set in this very moment, and what came out is in the
    // lock's place.
    bring_back(place, lock);
    return Outcome::kDone;
  }
  const bool as_expected = send.check && batch_.code(*send.check) == 0 &&
                           (!send.compare || batch_.code(*send.compare) == 0);
  if (as_expected) {
    const bool are_sure = send.compare || lock != Lock::kToBeTaken;
    spare_.replaced_by(predecessor.shape, predecessor.options, are_sure);
    return Outcome::kDone;
  }
  if (auto inspected = inspect_replaced(place, lock); !inspected)
    return tl::unexpected(inspected.error());
  return Outcome::kDone;
}

Error DrawerWriter::undo(const format::Place& place, const FinalSend& send, Lock lock) {
  Error error = add_error(batch_, *send.add, place);
  const bool published = batch_.code(send.publish) == 0;
  const bool is_back = batch_.code(*send.back) == 0;
  if (published) take_back(place, is_back ? spare_.name() : lock_.held(place.stripe), lock);
  if (published && !is_back) bring_back(place, lock);
  lose_spare();
  return error;
}

void DrawerWriter::bring_back(const format::Place& place, Lock lock) {
  if (lock == Lock::kKept) {
    Backoff backoff(connection_.environment(), timeout_);
    do {
      batch_.clear();
      batch_.swap(spare_.name().view(), lock_.held(place.stripe).view());
    } while (connection_.execute(batch_) && is_busy(0) && backoff.wait());
  } else {
    lock_.renew(place.stripe, timeout_);
  }
  lose_spare();
}

Result<void> DrawerWriter::inspect_replaced(const format::Place& place, Lock lock) {
  Drawer drawer;
  const format::Place spare{
      .name = spare_.name(), .key_inside = place.key_inside, .stripe = place.stripe};
  const auto content = reader_.read_locked(spare, nullptr, drawer);
  if (content && *content == Content::kForeign) {
    take_back(place, spare_.name(), lock);
    return tl::unexpected(not_a_value(place));
  }
  if (content && (*content == Content::kValue || *content == Content::kEnded))
    spare_.replaced_by(drawer.shape, drawer.options);
  else
    lose_spare();
  return {};
}

void DrawerWriter::take_back(const format::Place& place, const ipset::SetName& from, Lock lock) {
  Backoff backoff(connection_.environment(), timeout_);
  if (lock == Lock::kKept || lock_.acquire(place.stripe, backoff)) {
    do {
      batch_.clear();
      batch_.swap(from.view(), place.name.view());
    } while (connection_.execute(batch_) && is_busy(0) && backoff.wait());
    if (lock != Lock::kKept) lock_.release(place.stripe);
  }
  lose_spare();
}

void DrawerWriter::lose_spare() {
  spare_.lose_track();
  filled_ = false;
}

bool DrawerWriter::is_busy(std::size_t command) const {
  const std::int32_t code = batch_.code(command);
  return code == EBUSY || code == IPSET_ERR_REFERENCED;
}

void DrawerWriter::remember(const format::Place& place, const format::DrawerContent& content,
                            const ipset::CreateOptions& options, bool are_fresh) {
  // A value with a deadline may be gone by the next write.
  if (content.deadline || !format::encode_first(content, element_)) {
    recent_.forget(place.name);
    return;
  }
  recent_.remember(place.name, {.first = format::FirstElement{*element_.ip, *element_.protocol},
                                .shape = {},
                                .options = options,
                                .options_are_fresh = are_fresh});
}

bool DrawerWriter::wait_for_readers(std::uint32_t stripe, Backoff& backoff) {
  // A reader of a short value is done by the second time. Each time may have cost a long reading.
  if (backoff.waits() > 0) {
    (void)put_up(format::wait_marker_name(stripe));
    sign_is_up_ = true;
  }
  if (backoff.wait()) return true;
  take_down_sign(stripe);
  return false;
}

void DrawerWriter::take_down_sign(std::uint32_t stripe) {
  if (!sign_is_up_) return;
  short_batch_.clear();
  short_batch_.destroy(format::wait_marker_name(stripe).view());
  (void)connection_.execute(short_batch_);
  sign_is_up_ = false;
}

Result<bool> DrawerWriter::update(const format::Place& place, std::string* value,
                                  const DecideDrawer& decide) {
  Backoff backoff(connection_.environment(), timeout_);
  for (;;) {
    if (auto taken = lock_.acquire(place.stripe, backoff); !taken)
      return tl::unexpected(taken.error().about(place.name.view()));
    bool changed = false;
    const auto outcome = change_locked(place, value, decide, backoff, changed);
    if (!outcome || *outcome != Outcome::kBusy) take_down_sign(place.stripe);
    if (!outcome) return tl::unexpected(outcome.error());
    if (*outcome == Outcome::kDone) return changed;
    if (!wait_for_readers(place.stripe, backoff)) return tl::unexpected(busy(place));
  }
}

Result<DrawerWriter::Outcome> DrawerWriter::change_locked(const format::Place& place,
                                                          std::string* value,
                                                          const DecideDrawer& decide,
                                                          Backoff& backoff, bool& changed) {
  Drawer drawer;
  recent_.forget(place.name);
  filled_ = false;
  const auto content = reader_.read_locked(place, value, drawer);
  const auto leave = [&](auto answer) {
    lock_.release(place.stripe);
    return answer;
  };
  if (!content) return leave(Result<Outcome>(tl::unexpected(content.error())));
  if (*content == Content::kForeign)
    return leave(Result<Outcome>(tl::unexpected(not_a_value(place))));
  auto change = decide(*content == Content::kValue ? &drawer : nullptr);
  if (!change) return leave(Result<Outcome>(tl::unexpected(change.error())));
  changed = change->action != Change::Action::kLeave;
  if (change->action == Change::Action::kLeave) {
    if (*content == Content::kEnded) try_to_destroy(place);
    return leave(Result<Outcome>(Outcome::kDone));
  }
  if (change->action == Change::Action::kRemove) {
    changed = *content == Content::kValue;
    if (*content == Content::kNothing) return leave(Result<Outcome>(Outcome::kDone));
    return destroy_locked(place, drawer);
  }
  std::optional<Predecessor> predecessor;
  if (*content != Content::kNothing) predecessor = predecessor_of(drawer);
  const auto outcome = put(place, change->content, predecessor, Lock::kHeld, backoff);
  // Where filling the spare set failed, the lock is still held.
  if (!outcome) lock_.release(place.stripe);
  return outcome;
}

void DrawerWriter::try_to_destroy(const format::Place& place) {
  batch_.clear();
  batch_.destroy(place.name.view());
  (void)connection_.execute(batch_);
}

Result<DrawerWriter::Outcome> DrawerWriter::destroy_locked(const format::Place& place,
                                                           const Drawer& drawer) {
  batch_.clear();
  batch_.destroy(place.name.view());
  lock_.queue_release(batch_, place.stripe);
  if (auto executed = connection_.execute(batch_); !executed)
    return tl::unexpected(executed.error());
  lock_.see_released(batch_, 1, place.stripe);
  const std::int32_t code = batch_.code(0);
  if (code == 0) return Outcome::kDone;
  if (code == ENOENT) return Outcome::kOvertaken;
  // The kernel has one word for a set that rules refer to and for one that is being read.
  if (code == IPSET_ERR_BUSY && drawer.references == 0) return Outcome::kBusy;
  return tl::unexpected(batch_.error(0));
}

Result<bool> DrawerWriter::transfer(const format::Place& from, const format::Place& to,
                                    Transfer how) {
  // Everybody who takes two locks takes the lower one first.
  const std::uint32_t lower = std::min(from.stripe, to.stripe);
  const std::uint32_t upper = std::max(from.stripe, to.stripe);
  Backoff backoff(connection_.environment(), timeout_);
  if (auto taken = lock_.acquire(lower, backoff); !taken)
    return tl::unexpected(taken.error().about(from.name.view()));
  if (upper != lower) {
    if (auto taken = lock_.acquire(upper, backoff); !taken) {
      lock_.release(lower);
      return tl::unexpected(taken.error().about(from.name.view()));
    }
  }
  auto done = transfer_locked(from, to, how, backoff);
  take_down_sign(from.stripe);
  take_down_sign(to.stripe);
  if (upper != lower) lock_.release(upper);
  lock_.release(lower);
  return done;
}

Result<bool> DrawerWriter::transfer_locked(const format::Place& from, const format::Place& to,
                                           Transfer how, Backoff& backoff) {
  recent_.forget(from.name);
  recent_.forget(to.name);
  Drawer source;
  const auto found = reader_.read_locked(from, &moved_, source);
  if (!found) return tl::unexpected(found.error());
  if (*found == Content::kForeign) return tl::unexpected(not_a_value(from));
  if (*found == Content::kEnded) try_to_destroy(from);
  if (*found != Content::kValue) return false;
  if (how.remove && source.references > 0)
    return tl::unexpected(
        Error{.code = ErrorCode::kReferenced, .step = Step::kRename}.about(from.name.view()));
  Drawer target;
  const auto there = reader_.read_locked(to, nullptr, target);
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
  // The new key may need the room that the old one did not.
  if (!format::fits(content)) content.kind = format::Kind::kComment;
  std::optional<Predecessor> predecessor;
  if (*there != Content::kNothing) predecessor = predecessor_of(target);
  if (auto put = put_locked(to, content, predecessor, backoff); !put)
    return tl::unexpected(put.error());
  if (!how.remove) return true;
  if (auto destroyed = destroy_kept(from, backoff); !destroyed)
    return tl::unexpected(destroyed.error());
  return true;
}

Result<void> DrawerWriter::put_locked(const format::Place& place,
                                      const format::DrawerContent& content,
                                      std::optional<Predecessor> predecessor, Backoff& backoff) {
  filled_ = false;
  for (;;) {
    const auto outcome = put(place, content, predecessor, Lock::kKept, backoff);
    if (!outcome) return tl::unexpected(outcome.error());
    if (*outcome == Outcome::kDone) return {};
    if (!wait_for_readers(place.stripe, backoff)) return tl::unexpected(busy(place));
    const auto found = look(place);
    if (!found) return tl::unexpected(found.error());
    predecessor = *found;
  }
}

Result<void> DrawerWriter::destroy_kept(const format::Place& place, Backoff& backoff) {
  for (;;) {
    batch_.clear();
    batch_.destroy(place.name.view());
    if (auto executed = connection_.execute(batch_); !executed) return executed;
    if (batch_.code(0) == 0 || batch_.code(0) == ENOENT) return {};
    if (batch_.code(0) != IPSET_ERR_BUSY) return tl::unexpected(batch_.error(0));
    if (!wait_for_readers(place.stripe, backoff)) return tl::unexpected(busy(place));
  }
}

Result<bool> DrawerWriter::remove(const format::Place& place) {
  Backoff rules(connection_.environment(), std::min(timeout_, kLateRelease));
  for (;;) {
    auto removed = update(place, nullptr, [](const Drawer* drawer) -> Result<DrawerChange> {
      return DrawerChange{drawer == nullptr ? Change::Action::kLeave : Change::Action::kRemove, {}};
    });
    if (removed || removed.error().code != ErrorCode::kReferenced || !rules.wait()) return removed;
  }
}

Result<bool> DrawerWriter::remove_ended(const format::Place& place) {
  Drawer drawer;
  const auto content = settle(place, nullptr, drawer);
  if (!content) return tl::unexpected(content.error());
  return *content == Content::kEnded;
}

Result<Content> DrawerWriter::settle(const format::Place& place, std::string* value,
                                     Drawer& drawer) {
  Content content = Content::kEnded;
  const auto updated = update(place, value, [&](const Drawer* found) -> Result<DrawerChange> {
    content = found == nullptr ? Content::kEnded : Content::kValue;
    if (found != nullptr) drawer = *found;
    return DrawerChange{found == nullptr ? Change::Action::kRemove : Change::Action::kLeave, {}};
  });
  if (!updated) return tl::unexpected(updated.error());
  return content;
}

}  // namespace ipsetkv::store
