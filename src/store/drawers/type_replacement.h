// SPDX-License-Identifier: MIT
#pragma once

#include <optional>

#include "format/drawer_form.h"
#include "format/key.h"
#include "ipset/connection.h"
#include "ipsetkv/error.h"
#include "store/drawers/outcome.h"
#include "store/drawers/predecessor.h"
#include "store/drawers/spare_set.h"
#include "store/drawers/stripe_hold.h"

namespace ipsetkv::store {

/// Puts the spare set in the place of a set of another type or family, with which the kernel does
/// not swap it. How, is explained at the top of type_replacement.cc.
class TypeReplacement {
 public:
  TypeReplacement(ipset::Connection& connection, SetInspector& inspector, SpareSet& spare);

  /// Gives the filled spare set, of this shape, the name of `place`, whatever shape the set there
  /// has, if there is one. Needs the stripe's lock. Errors: kNotAValue, kReferenced, kBusy.
  [[nodiscard]] Result<Outcome> put(StripeHold& hold, const format::Place& place,
                                    format::SetShape shape);

 private:
  [[nodiscard]] Result<Outcome> put_alike(const format::Place& place,
                                          const std::optional<Predecessor>& predecessor);
  [[nodiscard]] Result<Outcome> replace_other_type(StripeHold& hold, const format::Place& place);
  /// Gives the spare set the name `between`.
  [[nodiscard]] Result<Outcome> set_aside(StripeHold& hold, const ipset::SetName& between);
  /// Takes the failed steps back, and says why they failed.
  [[nodiscard]] Result<Outcome> give_up(StripeHold& hold, const format::Place& place,
                                        const ipset::SetName& between, const Error& error);
  [[nodiscard]] bool rename(StripeHold& hold, const ipset::SetName& from, const ipset::SetName& to);

  ipset::Connection& connection_;
  SetInspector& inspector_;
  SpareSet& spare_;
  ipset::Batch batch_;
};

}  // namespace ipsetkv::store
