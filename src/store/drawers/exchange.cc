// SPDX-License-Identifier: MIT

// How a set is replaced
//
// The new content is built in the spare set, `~<port id>`, and then the kernel is asked to exchange
// names: `swap` where the key's set exists, `rename` where it does not. Both take effect at one
// instant, under the mutex that all ipset commands share. Readers name the key, so each finds the
// old set or the new one, whole. The set that comes out of the swap is the next spare set.
//
//     one send:  [acquire] [flush held] [add held ...] [swap held key] [swap spare held]
//                [test spare] [create spare, now and then] [release]
//     replace:   the spare set is filled and the lock acquired before;
//                [swap spare key] [test spare] [create spare] [release]
//     create:    the same before; [rename spare key] [release]
//
// In the first form the lock's own set (`held`) takes the elements and the spare set becomes the
// lock's set: one send for short values. Both are plain sets of the locks' shape, or were created
// for values with a deadline or in comments, which serves as well.
//
// No command may rely on the one before it, because a failing command does not stop the others: a
// rename, swap or destroy fails while anybody lists the set. A command after one of these either
// has seen that it succeeded or does no harm where it has not.
//
// No command is acknowledged: by the time send(2) returns the kernel has executed all of them, and
// a queue without an error reply says that all succeeded.
//
// Sets of others: a set that must not be replaced may have come into the key's place since the
// writer last read it. So `test` asks in the same batch whether the set that came out has the
// element that the writer knows of. `create`, which succeeds on an existing set if the options are
// the same, asks for its options: with others it could not serve as the spare set. What was read
// under the lock needs no such question, and the first form skips it for some milliseconds (see
// recent_writes.h). If the answer is no, the writer reads what came out. If that must not be
// replaced, it puts it back at once and fails with kNotAValue.
//
// An `add` that fails in the first form (no memory for an element) does not stop the swap. The
// first chunk is added last and the kernel stops at the first element that fails, so that chunk is
// missing and no reader takes the set for a value. The writer swaps it out again and returns the
// error. Readers read a set again that makes no sense.

#include "store/drawers/exchange.h"

#include <cassert>
#include <cerrno>

#include "ipset/protocol.h"
#include "store/drawers/retry.h"

namespace ipsetkv::store {
namespace {

// kMinHashSize elements and some commands without.
constexpr std::size_t kBatchBytes = 8192;

/// The failure of an `add` to a set of the writer's own, as one of the key's.
Error add_error(const ipset::BatchResult& result, ipset::Command add, const format::Place& place) {
  Error error = result.error(add);
  // All types share the number; for a hash type it is IPSET_ERR_HASH_FULL.
  if (error.kernel_code == IPSET_ERR_TYPE_SPECIFIC) error.code = ErrorCode::kSetFull;
  return error.about(place.name.view());
}

}  // namespace

Exchange::Exchange(ipset::Connection& connection, SetInspector& inspector, SpareSet& spare)
    : connection_(connection),
      inspector_(inspector),
      spare_(spare),
      batch_(connection.new_batch(kBatchBytes)) {}

Result<Outcome> Exchange::replace(StripeHold& hold, const format::Place& place,
                                  const Predecessor& predecessor) {
  Steps steps;
  hold.begin(batch_);
  steps.publish = batch_.swap(spare_.name().view(), place.name.view());
  if (auto queued = queue_checks(predecessor, predecessor.is_certain, steps); !queued)
    return tl::unexpected(queued.error().about(place.name.view()));
  return finish(hold, place, predecessor, steps);
}

Result<Outcome> Exchange::replace_in_one_send(StripeHold& hold, const format::Place& place,
                                              const Predecessor& predecessor,
                                              ElementSource& elements) {
  const std::string_view held = hold.set_name().view();
  Steps steps;
  hold.begin(batch_);
  queue_new_set(hold, elements, steps);
  steps.publish = batch_.swap(held, place.name.view());
  steps.back = batch_.swap(spare_.name().view(), held);
  const bool skips_options = predecessor.is_certain || predecessor.options_are_fresh;
  if (auto queued = queue_checks(predecessor, skips_options, steps); !queued)
    return tl::unexpected(queued.error().about(place.name.view()));
  return finish(hold, place, predecessor, steps);
}

void Exchange::queue_new_set(const StripeHold& hold, ElementSource& elements, Steps& steps) {
  const std::string_view held = hold.set_name().view();
  (void)batch_.flush(held);
  if (!elements.next(element_)) return;
  steps.add = batch_.begin_add(held);
  do (void)batch_.append(element_);
  while (elements.next(element_));
  batch_.end_elements();
}

Result<void> Exchange::queue_checks(const Predecessor& predecessor, bool skips_options,
                                    Steps& steps) {
  if (!predecessor.first) return {};
  element_.ip = predecessor.first->address;
  element_.port = std::uint16_t{0};
  element_.protocol = predecessor.first->protocol;
  element_.comment.clear();
  element_.timeout.reset();
  element_.packets.reset();
  steps.test = batch_.test(spare_.name().view(), element_);
  if (skips_options) return {};
  const auto compare = spare_.queue_comparison(batch_, predecessor.shape, predecessor.options);
  if (!compare) return tl::unexpected(compare.error());
  steps.compare = *compare;
  return {};
}

Result<Outcome> Exchange::finish(StripeHold& hold, const format::Place& place,
                                 const Predecessor& predecessor, const Steps& steps) {
  assert(hold.stripe() == place.stripe);
  const auto result = hold.finish(batch_);
  if (!result) {
    spare_.lose_track();
    return tl::unexpected(result.error());
  }
  if (hold.was_refused()) return Outcome::kLocked;
  return check_result(hold, place, predecessor, steps, *result);
}

Result<Outcome> Exchange::check_result(StripeHold& hold, const format::Place& place,
                                       const Predecessor& predecessor, const Steps& steps,
                                       const ipset::BatchResult& result) {
  if (steps.add && result[*steps.add] != 0) {
    undo(hold, place, steps, result);
    return tl::unexpected(add_error(result, *steps.add, place));
  }
  const std::int32_t code = result[*steps.publish];
  if (code == 0) return check_replaced(hold, place, predecessor, steps, result);
  if (is_busy(code)) return Outcome::kBusy;
  if (code == ENOENT) {
    spare_.lose_track();
    return Outcome::kOvertaken;
  }
  // The key has gone, or somebody has put a set of another type there.
  if (code == IPSET_ERR_EXIST_SETNAME2 || code == IPSET_ERR_TYPE_MISMATCH)
    return Outcome::kOvertaken;
  return tl::unexpected(result.error(*steps.publish).about(place.name.view()));
}

Result<Outcome> Exchange::check_replaced(StripeHold& hold, const format::Place& place,
                                         const Predecessor& predecessor, const Steps& steps,
                                         const ipset::BatchResult& result) {
  if (steps.back && result[*steps.back] != 0) {
    // Somebody destroyed or listed the spare set at this moment, and what came out is the lock's
    // set.
    hold.discard_set();
    spare_.lose_track();
    return Outcome::kDone;
  }
  const bool is_as_expected =
      steps.test && result[*steps.test] == 0 && (!steps.compare || result[*steps.compare] == 0);
  if (is_as_expected) {
    spare_.replaced_by(predecessor.shape, predecessor.options,
                       steps.compare || predecessor.is_certain);
    return Outcome::kDone;
  }
  if (auto inspected = inspect_replaced(hold, place); !inspected)
    return tl::unexpected(inspected.error());
  return Outcome::kDone;
}

Result<void> Exchange::inspect_replaced(StripeHold& hold, const format::Place& place) {
  const auto replaced = inspector_.inspect(
      {.name = spare_.name(), .key_inside = place.key_inside, .stripe = place.stripe});
  if (!replaced && replaced.error().code == ErrorCode::kNotAValue) {
    put_back(hold, place, spare_.name());
    return tl::unexpected(replaced.error().about(place.name.view()));
  }
  if (replaced && *replaced)
    spare_.replaced_by((*replaced)->shape, (*replaced)->options);
  else
    spare_.lose_track();
  return {};
}

void Exchange::undo(StripeHold& hold, const format::Place& place, const Steps& steps,
                    const ipset::BatchResult& result) {
  const bool is_published = result[*steps.publish] == 0;
  const bool is_back = result[*steps.back] == 0;
  if (is_published) put_back(hold, place, is_back ? spare_.name() : hold.set_name());
  if (is_published && !is_back) hold.discard_set();
  spare_.lose_track();
}

void Exchange::put_back(StripeHold& hold, const format::Place& place, const ipset::SetName& from) {
  if (hold.reacquire()) {
    batch_.clear();
    (void)batch_.swap(from.view(), place.name.view());
    (void)execute_persistently(connection_, batch_, hold.backoff());
  }
  spare_.lose_track();
}

Result<Outcome> Exchange::create(StripeHold& hold, const format::Place& place) {
  assert(hold.stripe() == place.stripe);
  hold.begin(batch_);
  const ipset::Command rename = batch_.rename(spare_.name().view(), place.name.view());
  const auto result = hold.finish(batch_);
  if (!result) {
    spare_.lose_track();
    return tl::unexpected(result.error());
  }
  const std::int32_t code = (*result)[rename];
  if (code == 0) {
    spare_.given_away();
    return Outcome::kDone;
  }
  // The key has appeared, or the spare set is being listed, or it has gone.
  if (code == IPSET_ERR_EXIST_SETNAME2 || is_busy(code)) return Outcome::kOvertaken;
  spare_.lose_track();
  if (code == ENOENT) return Outcome::kOvertaken;
  return tl::unexpected(result->error(rename).about(place.name.view()));
}

}  // namespace ipsetkv::store
