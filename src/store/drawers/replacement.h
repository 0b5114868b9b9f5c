// SPDX-License-Identifier: MIT
#pragma once

#include <optional>

#include "format/drawer_form.h"
#include "format/key.h"
#include "ipset/connection.h"
#include "ipsetkv/error.h"
#include "store/drawers/exchange.h"
#include "store/drawers/outcome.h"
#include "store/drawers/predecessor.h"
#include "store/drawers/recent_writes.h"
#include "store/drawers/spare_set.h"
#include "store/drawers/stripe_hold.h"
#include "store/drawers/type_replacement.h"

namespace ipsetkv::store {

/// Puts a drawer's content in the place of whatever drawer is there, in one of three ways: in one
/// send, by an exchange of the filled spare set, or as a set of another type.
class Replacement {
 public:
  Replacement(ipset::Connection& connection, DrawerReader& reader);

  /// To be called at the beginning of an operation, whose content is another than the last one's.
  void begin() { spare_.forget_content(); }

  /// What the last write under that name has left, if that is not long ago.
  [[nodiscard]] std::optional<Predecessor> recall(const ipset::SetName& name) const {
    return recent_.find(name);
  }
  void forget(const ipset::SetName& name) { recent_.forget(name); }
  /// Reads what is there. kNotAValue if it must not be replaced.
  [[nodiscard]] Result<std::optional<Predecessor>> inspect(const format::Place& place) {
    return inspector_.inspect(place);
  }

  /// Whether the content fits `put_in_one_send`.
  [[nodiscard]] static bool fits_one_send(const format::DrawerContent& content,
                                          const std::optional<Predecessor>& predecessor);
  /// Puts a short content at `place` in one send, which acquires the lock if the hold is deferred.
  [[nodiscard]] Result<Outcome> put_in_one_send(StripeHold& hold, const format::Place& place,
                                                const format::DrawerContent& content,
                                                const Predecessor& predecessor);
  /// Whether the content is in the spare set already.
  [[nodiscard]] bool is_prepared() const { return spare_.is_filled(); }
  /// Fills the spare set. `put` does so too, but with the lock held.
  [[nodiscard]] Result<void> prepare(const format::Place& place,
                                     const format::DrawerContent& content, Backoff& backoff);
  /// Puts any content at `place`. Needs a hold that is not deferred. Like the other one, its last
  /// batch releases the lock unless the hold is kept.
  [[nodiscard]] Result<Outcome> put(StripeHold& hold, const format::Place& place,
                                    const format::DrawerContent& content,
                                    const std::optional<Predecessor>& predecessor);

 private:
  void remember(const format::Place& place, const format::DrawerContent& content,
                const ipset::CreateOptions& options, bool are_fresh);

  DrawerInspector inspector_;
  SpareSet spare_;
  Exchange exchange_;
  TypeReplacement type_replacement_;
  RecentWrites recent_;
  ipset::Element element_;
  ipset::CreateOptions plain_options_;  ///< Those of a drawer with an empty value.
};

}  // namespace ipsetkv::store
