// SPDX-License-Identifier: MIT

// Renaming and copying keys of a table. The new key exists before the old one is removed.

#include "format/key.h"
#include "store/tables/writer.h"

namespace ipsetkv::store {

Result<bool> TableWriter::transfer(std::string_view key, std::string_view new_key, Transfer how,
                                   Backoff& backoff) {
  for (const std::string_view each : {key, new_key})
    if (auto checked = format::check_key(each); !checked) return tl::unexpected(checked.error());
  if (key == new_key) {
    const auto present = reader_.read(key, nullptr, backoff);
    if (!present) return tl::unexpected(present.error());
    return *present && how.replace;
  }
  for (;;) {
    const auto loaded = table_.load_head(backoff);
    if (!loaded) return tl::unexpected(loaded.error());
    if (!*loaded) return false;
    const auto holds = BucketPairHold::acquire(table_.buckets(), table_.digest_of(key),
                                               table_.digest_of(new_key), backoff);
    if (!holds) return tl::unexpected(holds.error().about(key));
    if (*holds) return transfer_locked(**holds, key, new_key, how, backoff);
    table_.forget();
  }
}

Result<bool> TableWriter::transfer_locked(const BucketPairHold& holds, std::string_view key,
                                          std::string_view new_key, Transfer how,
                                          Backoff& backoff) {
  const format::Digest digest = table_.digest_of(key);
  const auto source = slots_.read_under_lock(holds.from(), digest, key, &moved_);
  if (!source) return tl::unexpected(source.error());
  if (!source->is_present()) return false;
  const auto target = slots_.read_held(holds.to(), table_.digest_of(new_key), new_key, nullptr);
  if (!target) return tl::unexpected(target.error());
  if (target->is_present() && !how.replace) return false;
  if (auto added = put_copy(holds.to(), new_key, *source, *target); !added)
    return tl::unexpected(added.error());
  if (!how.remove) return true;
  if (auto removed = remove_source(holds.from(), digest, *source, backoff); !removed)
    return tl::unexpected(removed.error().about(key));
  if (source->is_long()) table_.long_pairs().destroy(source->long_set);
  return true;
}

Result<void> TableWriter::remove_source(const BucketHold& hold, const format::Digest& digest,
                                        const Slot& source, Backoff& backoff) {
  for (;;) {
    table_.batch().clear();
    queue_removal(hold, digest, source);
    auto removed = table_.connection().execute_all(table_.batch());
    if (removed || removed.error().step != Step::kSend) return removed;
    if (backoff.wait()) continue;
    // The copy is there already.
    return tl::unexpected(half_done(removed.error()));
  }
}

Result<void> TableWriter::put_copy(const BucketHold& hold, std::string_view new_key,
                                   const Slot& source, const Slot& target) {
  EncodedPair pair(table_);
  if (auto encoded = pair.encode(new_key, moved_, source.deadline); !encoded) return encoded;
  table_.batch().clear();
  queue_put(pair, hold, table_.digest_of(new_key), target);
  if (auto added = table_.connection().execute_all(table_.batch()); !added) {
    pair.commit_if_unknown(added.error());
    return tl::unexpected(added.error().about(new_key));
  }
  pair.commit();
  if (target.is_long()) table_.long_pairs().destroy(target.long_set);
  return {};
}

}  // namespace ipsetkv::store
