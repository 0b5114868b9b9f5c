// SPDX-License-Identifier: MIT

// Clearing away what nobody uses any more: keys whose time has passed, what writers left that died,
// and locks at rest, which the next writer makes again.

#include <string>
#include <vector>

#include "store/drawers.h"
#include "store/stripe_lock.h"

namespace ipsetkv {
namespace {

constexpr std::size_t kBatchBytes = 1024;

Result<std::vector<std::string>> names_of_own_sets(ipset::Connection& connection) {
  std::vector<std::string> names;
  auto listing = connection.list({}, ipset::ListMode::kNames);
  if (!listing) return tl::unexpected(listing.error());
  for (;;) {
    const auto header = listing->next_set();
    if (!header) return tl::unexpected(header.error());
    if (*header == nullptr) return names;
    const std::string_view name = (*header)->name.view();
    if (name.starts_with('~') && !store::is_digest(name)) names.emplace_back(name);
  }
}

Result<bool> destroy(ipset::Connection& connection, std::string_view name) {
  ipset::Batch batch = connection.new_batch(kBatchBytes);
  batch.destroy(name);
  if (auto executed = connection.execute(batch); !executed) return tl::unexpected(executed.error());
  return batch.code(0) == 0;
}

/// Removes a spare set or a held lock whose owner is gone; its port id is nobody's meanwhile.
Result<bool> remove_of_dead(ipset::Connection& connection, std::string_view name,
                            std::uint32_t port) {
  const auto claim = connection.claim_port(port);
  if (!claim) return tl::unexpected(claim.error());
  if (!*claim) return false;
  return destroy(connection, name);
}

/// Removes what a lock at rest is made of, while holding it, and the sign that a writer left up.
Result<bool> remove_stripe(ipset::Connection& connection, std::uint32_t stripe) {
  const ipset::SetName held = store::held_name(connection.port_id(), stripe);
  ipset::Batch batch = connection.new_batch(kBatchBytes);
  batch.rename(store::lock_name(stripe).view(), held.view());
  if (auto executed = connection.execute(batch); !executed) return tl::unexpected(executed.error());
  if (batch.code(0) != 0) return false;
  const auto sign = destroy(connection, store::wait_name(stripe).view());
  const auto lock = destroy(connection, held.view());
  if (!lock) return tl::unexpected(lock.error());
  return sign.value_or(false);
}

}  // namespace

Result<SweepResult> Store::sweep() {
  SweepResult result;
  std::vector<std::string> ended;
  const auto read = drawers_->reader.read_all(
      store::can_be_key,
      [&](std::string_view, std::string_view key, store::Content content, const store::Drawer&) {
        if (content == store::Content::kEnded && !key.empty()) ended.emplace_back(key);
      });
  if (!read) return tl::unexpected(read.error());
  for (const std::string& key : ended) {
    const auto place = store::place_of(key);
    const auto removed = drawers_->writer.remove_ended(*place);
    if (removed && *removed) ++result.expired;
  }

  ipset::Connection& connection = drawers_->connection;
  const auto names = names_of_own_sets(connection);
  if (!names) return tl::unexpected(names.error());
  for (const std::string& name : *names) {
    const auto owner = store::owner_of(name);
    if (!owner || owner->port == connection.port_id()) continue;
    const auto removed = remove_of_dead(connection, name, owner->port);
    if (!removed) return tl::unexpected(removed.error());
    if (*removed) ++result.leftovers;
  }
  for (std::uint32_t stripe = 0; stripe < store::kStripes; ++stripe) {
    const auto sign = remove_stripe(connection, stripe);
    if (!sign) return tl::unexpected(sign.error());
    if (*sign) ++result.leftovers;
  }
  return result;
}

}  // namespace ipsetkv
