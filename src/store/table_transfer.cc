// SPDX-License-Identifier: MIT

// Renaming and copying keys of a table: both buckets are locked, always in the order of the
// digests, so that of two who do this at once one waits for the other and neither for ever.

#include <utility>

#include "store/table.h"

namespace ipsetkv::store {

Result<std::optional<Table::Pair>> Table::lock_both(const layout::Digest& one,
                                                    const layout::Digest& other,
                                                    Patience& patience) {
  const auto lower = buckets_.lock(std::min(one, other), patience);
  if (!lower) return tl::unexpected(lower.error());
  if (!*lower) return std::nullopt;
  BucketNumber upper = **lower;
  if (!belongs_to(std::max(one, other), upper)) {
    const auto locked = buckets_.lock(std::max(one, other), patience);
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
  if (auto checked = check_key(new_key); !checked) return tl::unexpected(checked.error());
  Patience patience(timeout_);
  const auto known = know(false);
  if (!known) return tl::unexpected(known.error());
  if (!*known) return false;
  if (key == new_key) {
    const auto present = read(key, nullptr);
    if (!present) return tl::unexpected(present.error());
    return *present && how.replace;
  }
  const auto buckets =
      lock_both(head_->secret.digest(key), head_->secret.digest(new_key), patience);
  if (!buckets) return tl::unexpected(buckets.error().about(key));
  if (!*buckets) return false;
  auto done = transfer_locked(**buckets, key, new_key, how);
  open_both(**buckets);
  return done;
}

Result<bool> Table::transfer_locked(const Pair& buckets, std::string_view key,
                                    std::string_view new_key, Transfer how) {
  const auto locked_name = [&](BucketNumber bucket) {
    return buckets_.names().bucket(bucket, BucketState::kLocked);
  };
  const auto source = read_slot(locked_name(buckets.from), head_->secret.digest(key), key, &moved_);
  if (!source) return tl::unexpected(source.error());
  if (!*source || !(*source)->is_present()) return false;
  if (!(*source)->long_set.empty()) {
    const auto whole = read_long(**source, key, &moved_);
    if (!whole) return tl::unexpected(whole.error());
    if (!*whole) return false;
  }
  const auto target =
      read_slot(locked_name(buckets.to), head_->secret.digest(new_key), new_key, nullptr);
  if (!target) return tl::unexpected(target.error());
  if (!*target || ((*target)->is_present() && !how.replace)) return false;
  if (auto encoded = encode(new_key, moved_, (*source)->deadline); !encoded)
    return tl::unexpected(encoded.error());
  batch_.clear();
  batch_.add(locked_name(buckets.to).view(), element_, ipset::Existing::kAccept);
  if (auto added = connection_.execute_all(batch_); !added)
    return tl::unexpected(added.error().about(new_key));
  if (how.remove) {
    ipset::Element element;
    element.ip = layout::address_of(head_->secret.digest(key));
    batch_.clear();
    batch_.del(locked_name(buckets.from).view(), element, ipset::Existing::kAccept);
    if (auto removed = connection_.execute_all(batch_); !removed)
      return tl::unexpected(removed.error().about(key));
    if (!(*source)->long_set.empty()) destroy_long((*source)->long_set);
  }
  if (!(*target)->long_set.empty()) destroy_long((*target)->long_set);
  return true;
}

}  // namespace ipsetkv::store
