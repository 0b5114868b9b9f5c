// SPDX-License-Identifier: MIT
#include "store/tables/reader.h"

#include <algorithm>

#include "format/key.h"
#include "ipset/protocol.h"

namespace ipsetkv::store {

Result<std::optional<Slot>> TableReader::find_slot(const format::Digest& digest,
                                                   std::string_view key, std::string* value,
                                                   Backoff& backoff) {
  Buckets::Search search(table_.buckets(), digest);
  for (;;) {
    const format::Moment asked_at = table_.now();
    auto slot = slots_.read(table_.names().bucket(search.bucket()), digest, key, value);
    if (!slot) return slot;
    if (*slot) {
      (*slot)->asked_at = asked_at;
      search.found();
      table_.growth().follow(search.bucket(), (*slot)->fill, backoff);
      return slot;
    }
    const auto more = search.next(backoff);
    if (!more) return tl::unexpected(more.error());
    if (!*more) return std::nullopt;
  }
}

Result<std::optional<Slot>> TableReader::find(std::string_view key, std::string* value,
                                              Backoff& backoff) {
  const format::Digest digest = table_.digest_of(key);
  for (;;) {
    auto slot = find_slot(digest, key, value, backoff);
    if (!slot || !*slot || !(*slot)->is_present() || !(*slot)->is_long()) return slot;
    const auto whole = slots_.complete(**slot, key, value);
    if (!whole) return tl::unexpected(whole.error());
    if (*whole) return slot;
    // Replaced in between. If the set stays away, it was destroyed by another program.
    if (!backoff.wait()) return Slot{};
  }
}

Result<std::optional<Present>> TableReader::read(std::string_view key, std::string* value,
                                                 Backoff& backoff) {
  if (auto checked = format::check_key(key); !checked) return tl::unexpected(checked.error());
  for (;;) {
    if (value != nullptr) value->clear();
    const auto loaded = table_.load_head(backoff);
    if (!loaded) return tl::unexpected(loaded.error());
    if (!*loaded) return std::nullopt;
    const auto slot = find(key, value, backoff);
    if (!slot) return tl::unexpected(slot.error().about(key));
    if (!*slot) {
      table_.forget();
      continue;
    }
    if ((*slot)->needs_lock()) return read_under_lock(key, value, backoff);
    if ((*slot)->is_present())
      return Present{.value_bytes = (*slot)->value_bytes, .deadline = (*slot)->deadline};
    if (value != nullptr) value->clear();
    return std::nullopt;
  }
}

Result<std::optional<Present>> TableReader::read_under_lock(std::string_view key,
                                                            std::string* value, Backoff& backoff) {
  for (;;) {
    if (value != nullptr) value->clear();
    const auto loaded = table_.load_head(backoff);
    if (!loaded) return tl::unexpected(loaded.error());
    if (!*loaded) return std::nullopt;
    const format::Digest digest = table_.digest_of(key);
    const auto hold = table_.buckets().acquire(digest, backoff);
    if (!hold) return tl::unexpected(hold.error().about(key));
    if (!*hold) {
      table_.forget();
      continue;
    }
    const auto slot = slots_.read_under_lock(**hold, digest, key, value);
    if (!slot) return tl::unexpected(slot.error());
    if (!slot->is_present()) return std::nullopt;
    return Present{.value_bytes = slot->value_bytes, .deadline = slot->deadline};
  }
}

Result<bool> TableReader::exists(std::string_view key, Backoff& backoff) {
  if (auto checked = format::check_key(key); !checked) return tl::unexpected(checked.error());
  for (;;) {
    const auto loaded = table_.load_head(backoff);
    if (!loaded) return tl::unexpected(loaded.error());
    if (!*loaded) return false;
    if (table_.head().has_deadlines) break;
    const format::Digest digest = table_.digest_of(key);
    const auto queue = [&](std::string_view bucket) {
      table_.batch().test(bucket, element_of(digest));
      table_.queue_head_test(format::address_of(format::TableMark::kDeadlines));
    };
    const auto code = table_.execute(digest, queue, backoff);
    if (!code) return tl::unexpected(code.error().about(key));
    if (!*code) {
      table_.forget();
      continue;
    }
    if (**code == IPSET_ERR_EXIST) return false;
    if (**code != 0) return tl::unexpected(table_.batch().error(0).about(key));
    if (!table_.head_has(1)) return true;
    table_.head().has_deadlines = true;
  }
  const auto present = read(key, nullptr, backoff);
  if (!present) return tl::unexpected(present.error());
  return present->has_value();
}

Result<std::optional<KeyInfo>> TableReader::info(std::string_view key, Backoff& backoff) {
  if (auto checked = format::check_key(key); !checked) return tl::unexpected(checked.error());
  Page page;
  for (;;) {
    const auto loaded = table_.load_head(backoff);
    if (!loaded) return tl::unexpected(loaded.error());
    if (!*loaded) return std::nullopt;
    const auto there = pages_.read(table_.digest_of(key), page, backoff);
    if (!there) return tl::unexpected(there.error());
    if (*there) break;
    table_.forget();
  }
  const auto listed = std::ranges::find(page.keys, key, &Listed::key);
  if (listed == page.keys.end()) return std::nullopt;
  return describe(table_.names(), *listed, page.bucket);
}

}  // namespace ipsetkv::store
