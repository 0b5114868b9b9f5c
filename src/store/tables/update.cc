// SPDX-License-Identifier: MIT

// Changes of a key with its bucket locked: what a compound write decides, and writes over long
// pairs.

#include <cassert>

#include "format/key.h"
#include "store/tables/writer.h"

namespace ipsetkv::store {

Result<bool> TableWriter::make_if_wanted(std::string* value, const Decide& decide,
                                         Backoff& backoff) {
  if (value != nullptr) value->clear();
  const auto change = decide(nullptr);
  if (!change) return tl::unexpected(change.error());
  if (change->action != Change::Action::kWrite) return false;
  if (auto made = table_.load_or_make_head(backoff); !made) return tl::unexpected(made.error());
  return true;
}

Result<bool> TableWriter::update(std::string_view key, std::string* value, const Decide& decide,
                                 Backoff& backoff) {
  if (auto checked = format::check_key(key); !checked) return tl::unexpected(checked.error());
  for (;;) {
    const auto loaded = table_.load_head(backoff);
    if (!loaded) return tl::unexpected(loaded.error());
    if (!*loaded)
      if (const auto made = make_if_wanted(value, decide, backoff); !made || !*made) return made;
    const format::Digest digest = table_.digest_of(key);
    auto hold = table_.buckets().acquire(digest, backoff);
    if (!hold) return tl::unexpected(hold.error().about(key));
    if (*hold) return update_locked(**hold, digest, key, value, decide, backoff);
    table_.forget();
  }
}

Result<bool> TableWriter::update_locked(BucketHold& hold, const format::Digest& digest,
                                        std::string_view key, std::string* value,
                                        const Decide& decide, Backoff& backoff) {
  const auto slot = slots_.read_under_lock(hold, digest, key, value);
  if (!slot) return tl::unexpected(slot.error());
  const Present present{.value_bytes = slot->value_bytes, .deadline = slot->deadline};
  const auto change = decide(slot->is_present() ? &present : nullptr);
  if (!change) return tl::unexpected(change.error());
  if (change->action == Change::Action::kWrite && change->deadline)
    if (auto marked = table_.mark_deadlines(); !marked) return tl::unexpected(marked.error());
  return execute_change(resolve(*change, table_.now()), hold, digest, key, *slot, backoff);
}

Result<bool> TableWriter::execute_change(const Change& change, BucketHold& hold,
                                         const format::Digest& digest, std::string_view key,
                                         const Slot& slot, Backoff& backoff) {
  if (change.action == Change::Action::kWrite) {
    EncodedPair pair(table_);
    if (auto encoded = pair.encode(key, change.value, change.deadline); !encoded)
      return tl::unexpected(encoded.error());
    if (auto done = put(pair, hold, digest, key, slot, backoff); !done)
      return tl::unexpected(done.error());
    return true;
  }
  if (change.action == Change::Action::kRemove && slot.there) {
    if (auto done = take_out(hold, digest, key, slot, backoff); !done)
      return tl::unexpected(done.error());
    return true;
  }
  hold.release();
  table_.growth().follow(hold.bucket(), slot.fill, backoff);
  return false;
}

void TableWriter::queue_put(const EncodedPair& pair, const BucketHold& hold,
                            const format::Digest& digest, const Slot& slot) {
  assert(format::belongs_to(digest, hold.bucket()));
  ipset::Batch& batch = table_.batch();
  // The index must hold a long pair's digest for as long as its element exists.
  if (pair.is_long()) table_.long_pairs().queue_insert(batch, digest);
  batch.add(hold.name().view(), pair.element(), ipset::Existing::kAccept);
  if (!pair.is_long() && slot.is_long()) table_.long_pairs().queue_erase(batch, digest);
}

void TableWriter::queue_removal(const BucketHold& hold, const format::Digest& digest,
                                const Slot& slot) {
  assert(format::belongs_to(digest, hold.bucket()));
  ipset::Batch& batch = table_.batch();
  batch.del(hold.name().view(), element_of(digest), ipset::Existing::kAccept);
  if (slot.is_long()) table_.long_pairs().queue_erase(batch, digest);
}

Result<void> TableWriter::put(EncodedPair& pair, BucketHold& hold, const format::Digest& digest,
                              std::string_view key, const Slot& slot, Backoff& backoff) {
  table_.batch().clear();
  queue_put(pair, hold, digest, slot);
  if (auto finished = finish_locked(hold, key); !finished) {
    pair.commit_if_unknown(finished.error());
    return finished;
  }
  pair.commit();
  clean_up(hold.bucket(), slot, backoff);
  return {};
}

Result<void> TableWriter::take_out(BucketHold& hold, const format::Digest& digest,
                                   std::string_view key, const Slot& slot, Backoff& backoff) {
  table_.batch().clear();
  queue_removal(hold, digest, slot);
  if (auto finished = finish_locked(hold, key); !finished) return finished;
  clean_up(hold.bucket(), slot, backoff);
  return {};
}

Result<void> TableWriter::finish_locked(BucketHold& hold, std::string_view key) {
  ipset::Batch& batch = table_.batch();
  const std::size_t commands = batch.size();
  hold.queue_release(batch);
  if (auto executed = table_.connection().execute(batch); !executed) return executed;
  hold.note_executed(batch);
  // Not released if a process was listing the bucket.
  hold.release();
  const auto failure = batch.first_failure();
  if (!failure || *failure >= commands) return {};
  return tl::unexpected(batch.error(*failure).about(key));
}

void TableWriter::clean_up(format::BucketNumber bucket, const Slot& slot, Backoff& backoff) {
  if (slot.is_long()) table_.long_pairs().destroy(slot.long_set);
  table_.growth().follow(bucket, slot.fill, backoff);
}

}  // namespace ipsetkv::store
