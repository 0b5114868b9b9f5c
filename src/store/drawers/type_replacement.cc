// SPDX-License-Identifier: MIT

// How a set of another type is replaced
//
// The kernel swaps sets of one type and family only. To replace another, the writer holds the lock,
// looks what there is, and sends
//
//     [create ~mixed-<stripe>]; [rename spare ~new-<stripe>]; then
//     [destroy key] [rename ~new-<stripe> key]
//
// the last two in one send. Between them the key has no set. The first is a marker: where it
// exists, a reader that finds no set for a key reads again under the lock. It stays. A marker that
// existed only for that moment could be destroyed and created again between two looks of a reader,
// which would then have missed the key twice.
//
// A writer that dies in between leaves `~new-<stripe>`, which the next writer of the stripe that
// needs the name destroys, and `sweep` too.

#include "store/drawers/type_replacement.h"

#include <cassert>
#include <cerrno>

#include "format/own_names.h"
#include "ipset/protocol.h"
#include "store/drawers/retry.h"
#include "store/drawers/wait_marker.h"

namespace ipsetkv::store {
namespace {

constexpr std::size_t kBatchBytes = 1024;

}  // namespace

TypeReplacement::TypeReplacement(ipset::Connection& connection, SetInspector& inspector,
                                 SpareSet& spare)
    : connection_(connection),
      inspector_(inspector),
      spare_(spare),
      batch_(connection.new_batch(kBatchBytes)) {}

Result<Outcome> TypeReplacement::put(StripeHold& hold, const format::Place& place,
                                     format::SetShape shape) {
  assert(hold.stripe() == place.stripe);
  const auto predecessor = inspector_.inspect(place);
  if (!predecessor) return tl::unexpected(predecessor.error());
  if (*predecessor && (*predecessor)->shape != shape) return replace_other_type(hold, place);
  return put_alike(place, *predecessor);
}

Result<Outcome> TypeReplacement::put_alike(const format::Place& place,
                                           const std::optional<Predecessor>& predecessor) {
  batch_.clear();
  const ipset::Command put = predecessor ? batch_.swap(spare_.name().view(), place.name.view())
                                         : batch_.rename(spare_.name().view(), place.name.view());
  const auto result = connection_.send(batch_);
  if (!result) {
    spare_.lose_track();
    return tl::unexpected(result.error());
  }
  const std::int32_t code = (*result)[put];
  if (code == 0) {
    if (predecessor)
      spare_.replaced_by(predecessor->shape, predecessor->options);
    else
      spare_.given_away();
    return Outcome::kDone;
  }
  if (is_busy(code)) return Outcome::kBusy;
  if (code == ENOENT) spare_.lose_track();
  return Outcome::kOvertaken;
}

Result<Outcome> TypeReplacement::replace_other_type(StripeHold& hold, const format::Place& place) {
  if (auto made = create_marker(connection_, format::mixed_marker_name(place.stripe)); !made)
    return tl::unexpected(made.error().about(place.name.view()));
  const ipset::SetName between = format::new_set_name(place.stripe);
  const auto aside = set_aside(hold, between);
  if (!aside || *aside != Outcome::kDone) return aside;

  batch_.clear();
  const ipset::Command destroy = batch_.destroy(place.name.view());
  const ipset::Command rename_new = batch_.rename(between.view(), place.name.view());
  const auto result = connection_.send(batch_);
  const std::int32_t code = result ? (*result)[destroy] : 0;
  if (code != 0 && code != ENOENT)
    return give_up(hold, place, between, result->error(destroy).about(place.name.view()));
  const bool is_renamed = result && (*result)[rename_new] == 0;
  // Where replies were lost the key's set may be destroyed, and then the rename succeeds.
  if (is_renamed || rename(hold, between, place.name)) {
    spare_.given_away();
    return Outcome::kDone;
  }
  if (!result) return give_up(hold, place, between, result.error());
  return tl::unexpected(
      Error{.code = ErrorCode::kBusy, .step = Step::kSwap}.about(place.name.view()));
}

Result<Outcome> TypeReplacement::set_aside(StripeHold& hold, const ipset::SetName& between) {
  batch_.clear();
  const ipset::Command rename = batch_.rename(spare_.name().view(), between.view());
  const auto result = connection_.send(batch_);
  if (!result) {
    // Where only the reply was lost, the set has the other name.
    (void)this->rename(hold, between, spare_.name());
    spare_.lose_track();
    return tl::unexpected(result.error());
  }
  const std::int32_t code = (*result)[rename];
  if (code == 0) return Outcome::kDone;
  if (code == ENOENT) spare_.lose_track();
  if (code == IPSET_ERR_EXIST_SETNAME2) {
    // Left by a writer that died, since the lock is ours.
    batch_.clear();
    (void)batch_.destroy(between.view());
    if (auto sent = connection_.send(batch_); !sent) return tl::unexpected(sent.error());
  }
  return Outcome::kOvertaken;
}

Result<Outcome> TypeReplacement::give_up(StripeHold& hold, const format::Place& place,
                                         const ipset::SetName& between, const Error& error) {
  if (!rename(hold, between, spare_.name())) spare_.lose_track();
  if (error.kernel_code != IPSET_ERR_BUSY) return tl::unexpected(error);
  // The kernel has one code for a set that rules refer to and for one that is being listed.
  const auto present = inspector_.inspect(place);
  if (present && *present && (*present)->references > 0) return tl::unexpected(error);
  return Outcome::kBusy;
}

bool TypeReplacement::rename(StripeHold& hold, const ipset::SetName& from,
                             const ipset::SetName& to) {
  batch_.clear();
  (void)batch_.rename(from.view(), to.view());
  const auto code = execute_persistently(connection_, batch_, hold.backoff());
  return code && *code == 0;
}

}  // namespace ipsetkv::store
