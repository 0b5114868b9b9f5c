// SPDX-License-Identifier: MIT

// Renaming and copying keys of a table: both buckets are locked, always in the order of the
// digests, so that of two who do this at once one waits for the other and neither for ever. The new
// key is there before the old one goes.

#include <algorithm>
#include <utility>

#include "format/key.h"
#include "store/tables/table.h"

namespace ipsetkv::store {

Result<std::optional<Table::Pair>> Table::lock_both(const format::Digest& one,
                                                    const format::Digest& other, Backoff& backoff) {
  const auto lower = buckets_.lock(std::min(one, other), backoff);
  if (!lower) return tl::unexpected(lower.error());
  if (!*lower) return std::nullopt;
  format::BucketNumber upper = **lower;
  if (!format::belongs_to(std::max(one, other), upper)) {
    const auto locked = buckets_.lock(std::max(one, other), backoff);
    if (!locked || !*locked) {
      buckets_.open(**lower);
      if (!locked) return tl::unexpected(locked.error());
      return std::nullopt;
    }
    upper = **locked;
  }
  return one < other ? Pair{**lower, upper} : Pair{upper, **lower};
}

void Table::open_both(const Pair& buckets) {
  buckets_.open(buckets.from);
  if (buckets.to != buckets.from) buckets_.open(buckets.to);
}

Result<bool> Table::transfer(std::string_view key, std::string_view new_key, Transfer how) {
  for (const std::string_view each : {key, new_key})
    if (auto checked = format::check_key(each); !checked) return tl::unexpected(checked.error());
  Backoff backoff(connection_.environment(), timeout_);
  if (key == new_key) {
    const auto present = read(key, nullptr);
    if (!present) return tl::unexpected(present.error());
    return *present && how.replace;
  }
  for (;;) {
    const auto known = know(false);
    if (!known) return tl::unexpected(known.error());
    if (!*known) return false;
    const auto buckets = lock_both(digest_of(key), digest_of(new_key), backoff);
    if (!buckets) return tl::unexpected(buckets.error().about(key));
    if (!*buckets) {
      forget();
      continue;
    }
    auto done = transfer_locked(**buckets, key, new_key, how);
    open_both(**buckets);
    return done;
  }
}

Result<bool> Table::transfer_locked(const Pair& buckets, std::string_view key,
                                    std::string_view new_key, Transfer how) {
  const ipset::SetName from = buckets_.names().bucket(buckets.from, format::BucketState::kLocked);
  const ipset::SetName to = buckets_.names().bucket(buckets.to, format::BucketState::kLocked);
  moved_.clear();
  auto source = read_slot(from, digest_of(key), key, &moved_);
  if (!source) return tl::unexpected(source.error());
  if (!*source || !(*source)->is_present()) return false;
  if ((*source)->is_long()) {
    const auto whole = read_long(**source, key, &moved_);
    if (!whole) return tl::unexpected(whole.error());
    if (!*whole || (*source)->ended) return false;
  }
  const auto target = read_slot(to, digest_of(new_key), new_key, nullptr);
  if (!target) return tl::unexpected(target.error());
  if (!*target || ((*target)->is_present() && !how.replace)) return false;
  if (auto encoded = encode(new_key, moved_, (*source)->deadline); !encoded)
    return tl::unexpected(encoded.error());
  batch_.clear();
  queue_put(to, digest_of(new_key), **target);
  if (auto added = connection_.execute_all(batch_); !added) {
    discard_encoded();
    return tl::unexpected(added.error().about(new_key));
  }
  if ((*target)->is_long()) long_pairs_.destroy((*target)->long_set);
  if (!how.remove) return true;
  batch_.clear();
  queue_removal(from, digest_of(key), **source);
  if (auto removed = connection_.execute_all(batch_); !removed)
    return tl::unexpected(removed.error().about(key));
  if ((*source)->is_long()) long_pairs_.destroy((*source)->long_set);
  return true;
}

}  // namespace ipsetkv::store
