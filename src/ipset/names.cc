// SPDX-License-Identifier: MIT
#include "ipset/names.h"

namespace ipsetkv::ipset {

Result<void> for_each_name(Connection& connection,
                           const std::function<void(const SetName& name)>& visit) {
  auto listing = connection.list({}, ListMode::kNames);
  if (!listing) return tl::unexpected(listing.error());
  for (;;) {
    const auto header = listing->next_set();
    if (!header) return tl::unexpected(header.error());
    if (*header == nullptr) return {};
    visit((*header)->name);
  }
}

}  // namespace ipsetkv::ipset
