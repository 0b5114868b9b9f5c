// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>

#include "format/key.h"
#include "ipset/connection.h"
#include "ipsetkv/error.h"
#include "store/drawers/element_source.h"
#include "store/drawers/outcome.h"
#include "store/drawers/predecessor.h"
#include "store/drawers/spare_set.h"
#include "store/drawers/stripe_hold.h"

namespace ipsetkv::store {

/// Replaces a set as a whole: readers find the old set under the name or the new one. The set that
/// was replaced becomes the spare set. How, and how it is undone where it went wrong, is explained
/// at the top of exchange.cc.
///
/// It knows nothing of values: the new content is in the spare set, or comes from an ElementSource;
/// what may be replaced is up to a SetInspector. The old and the new set must be of one shape.
///
/// All calls need the lock of the place's stripe, and their batch releases it unless the hold is
/// kept. Outcome::kLocked comes only with a deferred hold. After kBusy, and kOvertaken where the
/// spare set says so, it is still filled. Errors leave the old set: kNotAValue, kSetFull,
/// kNoMemory.
class Exchange {
 public:
  Exchange(ipset::Connection& connection, SetInspector& inspector, SpareSet& spare);

  /// Puts the spare set in the place of `predecessor`.
  [[nodiscard]] Result<Outcome> replace(StripeHold& hold, const format::Place& place,
                                        const Predecessor& predecessor);
  /// The same in one send, which can acquire the lock as well: the lock's own set takes the
  /// elements, of which it has room for kMinHashSize, and the spare set becomes the lock's set.
  /// Both sets must be of the locks' shape and the spare set must exist.
  [[nodiscard]] Result<Outcome> replace_in_one_send(StripeHold& hold, const format::Place& place,
                                                    const Predecessor& predecessor,
                                                    ElementSource& elements);
  /// Gives the spare set the name, under which there was no set.
  [[nodiscard]] Result<Outcome> create(StripeHold& hold, const format::Place& place);

 private:
  /// The commands of a batch, as far as it has them.
  struct Steps {
    std::optional<ipset::Command> add;
    std::optional<ipset::Command> publish;  ///< The swap of the new set with the key's.
    std::optional<ipset::Command> back;     ///< The swap that makes the old one the spare set.
    std::optional<ipset::Command> test;     ///< Whether the old one has the element expected.
    std::optional<ipset::Command> compare;  ///< Whether it has the options expected.
  };

  void queue_new_set(const StripeHold& hold, ElementSource& elements, Steps& steps);
  /// Queues asking whether the spare set is now `predecessor`.
  [[nodiscard]] Result<void> queue_checks(const Predecessor& predecessor, bool skips_options,
                                          Steps& steps);
  [[nodiscard]] Result<Outcome> finish(StripeHold& hold, const format::Place& place,
                                       const Predecessor& predecessor, const Steps& steps);
  [[nodiscard]] Result<Outcome> check_result(StripeHold& hold, const format::Place& place,
                                             const Predecessor& predecessor, const Steps& steps,
                                             const ipset::BatchResult& result);
  [[nodiscard]] Result<Outcome> check_replaced(StripeHold& hold, const format::Place& place,
                                               const Predecessor& predecessor, const Steps& steps,
                                               const ipset::BatchResult& result);
  /// Reads the set that was replaced, and puts it back if it must not be.
  [[nodiscard]] Result<void> inspect_replaced(StripeHold& hold, const format::Place& place);
  /// Takes a set out again that was published without all of its elements.
  void undo(StripeHold& hold, const format::Place& place, const Steps& steps,
            const ipset::BatchResult& result);
  /// Swaps the set `from` with the key's.
  void put_back(StripeHold& hold, const format::Place& place, const ipset::SetName& from);

  ipset::Connection& connection_;
  SetInspector& inspector_;
  SpareSet& spare_;
  ipset::Batch batch_;
  ipset::Element element_;
};

}  // namespace ipsetkv::store
