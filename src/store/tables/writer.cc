// SPDX-License-Identifier: MIT
#include "store/tables/writer.h"

#include "format/key.h"
#include "ipset/protocol.h"

namespace ipsetkv::store {
namespace {

/// False, to load the table's head again, if the table was dropped; otherwise the error.
Result<bool> false_if_gone(const Error& error, Backoff& backoff) {
  if (error.code == ErrorCode::kNoSuchSet && backoff.wait()) return false;
  return tl::unexpected(error);
}

}  // namespace

Result<bool> TableWriter::is_plain(const format::Digest& digest) {
  if (!table_.head().has_long_pairs) return true;
  const auto may_have = table_.long_pairs().may_have(digest);
  if (!may_have) return tl::unexpected(may_have.error());
  return !*may_have;
}

Result<void> TableWriter::write(std::string_view key, std::string_view value,
                                std::optional<format::Moment> deadline, Backoff& backoff) {
  if (auto checked = format::check_key(key); !checked) return checked;
  for (;;) {
    if (auto loaded = table_.load_or_make_head(backoff); !loaded) return loaded;
    const auto written = deadline ? write_until(key, value, *deadline, backoff)
                                  : write_once(key, value, deadline, backoff);
    if (!written) return tl::unexpected(written.error());
    if (*written) return {};
    table_.forget();
  }
}

Result<bool> TableWriter::write_until(std::string_view key, std::string_view value,
                                      format::Moment deadline, Backoff& backoff) {
  if (auto marked = table_.mark_deadlines(); !marked) return false_if_gone(marked.error(), backoff);
  // The mark must be older than the end of any key.
  if (deadline > table_.now()) return write_once(key, value, deadline, backoff);
  const auto removed = remove(key, backoff);
  return removed ? Result<bool>(true) : tl::unexpected(removed.error());
}

Result<bool> TableWriter::write_once(std::string_view key, std::string_view value,
                                     std::optional<format::Moment> deadline, Backoff& backoff) {
  EncodedPair pair(table_);
  if (auto encoded = pair.encode(key, value, deadline); !encoded)
    return false_if_gone(encoded.error(), backoff);
  const format::Digest digest = table_.digest_of(key);
  bool plain = !pair.is_long();
  if (plain) {
    const auto checked = is_plain(digest);
    if (!checked) return checked;
    plain = *checked;
  }
  const auto written =
      plain ? write_plain(pair, digest, key, backoff) : write_locked(pair, digest, key, backoff);
  return written ? written : tl::unexpected(written.error().about(key));
}

Result<bool> TableWriter::write_plain(const EncodedPair& pair, const format::Digest& digest,
                                      std::string_view key, Backoff& backoff) {
  const auto queue = [&](std::string_view bucket) {
    table_.batch().add(bucket, pair.element(), ipset::Existing::kAccept);
  };
  const auto code = table_.execute(digest, queue, backoff);
  if (!code) return tl::unexpected(code.error());
  if (!*code) return false;
  if (**code != 0) return tl::unexpected(table_.batch().error(0).about(key));
  schedule_.note_writes(table_.buckets().map().find(digest), backoff);
  return true;
}

Result<bool> TableWriter::write_locked(EncodedPair& pair, const format::Digest& digest,
                                       std::string_view key, Backoff& backoff) {
  auto hold = table_.buckets().acquire(digest, backoff);
  if (!hold) return tl::unexpected(hold.error());
  if (!*hold) return false;
  const auto slot = slots_.read_held(**hold, digest, key, nullptr);
  if (!slot) return tl::unexpected(slot.error());
  if (auto written = put(pair, **hold, digest, key, *slot, backoff); !written)
    return tl::unexpected(written.error());
  return true;
}

Result<bool> TableWriter::remove(std::string_view key, Backoff& backoff) {
  if (auto checked = format::check_key(key); !checked) return tl::unexpected(checked.error());
  for (;;) {
    const auto loaded = table_.load_head(backoff);
    if (!loaded) return tl::unexpected(loaded.error());
    if (!*loaded) return false;
    const format::Digest digest = table_.digest_of(key);
    if (const auto asked = table_.check_for_deadlines(); !asked)
      return tl::unexpected(asked.error());
    if (table_.head().has_deadlines) break;
    const auto plain = is_plain(digest);
    if (!plain) return plain;
    if (!*plain) break;
    const auto removed = remove_plain(digest, key, backoff);
    if (!removed) return tl::unexpected(removed.error().about(key));
    if (*removed) return **removed;
    table_.forget();
  }
  const Decide decide = [](const Present* present) {
    return Result<Change>(
        Change{.action = present == nullptr ? Change::Action::kLeave : Change::Action::kRemove});
  };
  return update(key, nullptr, decide, backoff);
}

Result<std::optional<bool>> TableWriter::remove_plain(const format::Digest& digest,
                                                      std::string_view key, Backoff& backoff) {
  const auto queue = [&](std::string_view bucket) {
    table_.batch().del(bucket, element_of(digest));
  };
  const auto code = table_.execute(digest, queue, backoff);
  if (!code) return tl::unexpected(code.error());
  if (!*code) return std::nullopt;
  if (**code != 0 && **code != IPSET_ERR_EXIST)
    return tl::unexpected(table_.batch().error(0).about(key));
  const bool was_there = **code == 0;
  schedule_.note_writes(table_.buckets().map().find(digest), backoff);
  return was_there;
}

}  // namespace ipsetkv::store
