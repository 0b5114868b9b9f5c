// SPDX-License-Identifier: MIT

// Writing and removing single keys of a table: with one command where nothing has to be known
// before, otherwise with the bucket locked.

#include <algorithm>
#include <cerrno>
#include <memory>

#include "format/key.h"
#include "format/moment.h"
#include "ipset/protocol.h"
#include "store/tables/table.h"

namespace ipsetkv::store {
namespace {

ipset::Element element_of(const format::Digest& digest) {
  ipset::Element element;
  element.ip = format::address_of(digest);
  return element;
}

Error gone(std::string_view table) {
  return Error{.code = ErrorCode::kNoSuchSet, .step = Step::kList}.about(table);
}

}  // namespace

template <class Queue>
Result<std::optional<std::int32_t>> Table::send(const format::Digest& digest, const Queue& queue,
                                                Backoff& backoff) {
  Buckets::Search search(buckets_, digest);
  for (;;) {
    batch_.clear();
    queue(buckets_.names().bucket(search.bucket()).view());
    if (auto executed = connection_.execute(batch_); !executed)
      return tl::unexpected(executed.error());
    if (batch_.code(0) != ENOENT) {
      search.found();
      return batch_.code(0);
    }
    const auto more = search.next(backoff);
    if (!more) return tl::unexpected(more.error());
    if (!*more) return std::nullopt;
  }
}

void Table::queue_question(const ipset::Address& address) {
  ipset::Element element;
  element.ip = address;
  batch_.test(buckets_.names().head().view(), element);
}

Result<bool> Table::exists(std::string_view key) {
  if (auto checked = format::check_key(key); !checked) return tl::unexpected(checked.error());
  Backoff backoff(connection_.environment(), timeout_);
  for (;;) {
    const auto known = know(false);
    if (!known) return tl::unexpected(known.error());
    if (!*known) return false;
    if (head_->has_deadlines) break;
    const format::Digest digest = digest_of(key);
    const auto code = send(
        digest,
        [&](std::string_view bucket) {
          batch_.test(bucket, element_of(digest));
          queue_question(format::address_of(format::TableMark::kDeadlines));
        },
        backoff);
    if (!code) return tl::unexpected(code.error().about(key));
    if (!*code) {
      forget();
      continue;
    }
    if (**code == IPSET_ERR_EXIST) return false;
    if (**code != 0) return tl::unexpected(batch_.error(0).about(key));
    if (!answer_at(1)) return true;
    head_->has_deadlines = true;
  }
  const auto present = read(key, nullptr);
  if (!present) return tl::unexpected(present.error());
  return present->has_value();
}

Result<void> Table::check_for_deadlines() {
  if (head_->has_deadlines) return {};
  batch_.clear();
  queue_question(format::address_of(format::TableMark::kDeadlines));
  if (auto executed = connection_.execute(batch_); !executed) return executed;
  head_->has_deadlines = answer_at(0);
  return {};
}

Result<void> Table::mark_deadlines() {
  if (head_->has_deadlines) return {};
  const auto marked =
      mark_table(connection_, buckets_.names().head(), format::TableMark::kDeadlines);
  if (!marked) return tl::unexpected(marked.error());
  head_->has_deadlines = true;
  head_->deadlines_since = *marked;
  return {};
}

Result<void> Table::mark_long_pairs() {
  if (head_->has_long_pairs) return {};
  const auto marked =
      mark_table(connection_, buckets_.names().head(), format::TableMark::kLongPairs);
  if (!marked) return tl::unexpected(marked.error());
  head_->has_long_pairs = true;
  return {};
}

Result<void> Table::encode(std::string_view key, std::string_view value,
                           std::optional<format::Moment> deadline) {
  format::Pair pair{.key = key, .value = value, .set = {}, .deadline = deadline};
  std::construct_at(&element_);
  encoded_set_.clear();
  element_.ip = format::address_of(digest_of(key));
  element_.timeout = deadline ? format::timeout_until(*deadline, now()) : 0;
  const bool is_short = format::encode_pair(pair, element_.comment);
  if (is_short) return {};
  if (auto marked = mark_long_pairs(); !marked) return marked;
  const auto set = long_pairs_.write(key, value, deadline);
  if (!set) return tl::unexpected(set.error());
  pair.set = encoded_set_ = *set;
  (void)format::encode_pair(pair, element_.comment);
  return {};
}

void Table::discard_encoded() {
  if (!encoded_set_.empty()) long_pairs_.destroy(encoded_set_);
  encoded_set_.clear();
}

Result<bool> Table::is_plain(const format::Digest& digest) {
  if (!encoded_set_.empty()) return false;
  if (!head_->has_long_pairs) return true;
  const auto may_have = long_pairs_.may_have(digest);
  if (!may_have) return tl::unexpected(may_have.error());
  return !*may_have;
}

Result<void> Table::write(std::string_view key, std::string_view value, Layout /*layout*/,
                          std::optional<format::Moment> deadline) {
  if (auto checked = format::check_key(key); !checked) return checked;
  Backoff backoff(connection_.environment(), timeout_);
  for (;;) {
    if (const auto known = know(true); !known) return tl::unexpected(known.error());
    auto encoded = deadline ? mark_deadlines() : Result<void>();
    // The call took so long that the time has come: the mark must be older than any end of a key.
    if (encoded && deadline && *deadline <= now()) {
      const auto removed = remove(key);
      return removed ? Result<void>() : tl::unexpected(removed.error());
    }
    if (encoded) encoded = encode(key, value, deadline);
    // The table was dropped, and its head with it.
    if (!encoded && encoded.error().code == ErrorCode::kNoSuchSet && backoff.wait()) {
      forget();
      continue;
    }
    if (!encoded) return encoded;
    const format::Digest digest = digest_of(key);
    const auto plain = is_plain(digest);
    if (!plain) return tl::unexpected(plain.error());
    const auto written =
        *plain ? write_plain(digest, key, backoff) : write_locked(digest, key, backoff);
    if (!written || !*written) discard_encoded();
    if (!written) return tl::unexpected(written.error().about(key));
    if (*written) return {};
    forget();
  }
}

Result<bool> Table::write_plain(const format::Digest& digest, std::string_view key,
                                Backoff& backoff) {
  const auto code = send(
      digest,
      [&](std::string_view bucket) { batch_.add(bucket, element_, ipset::Existing::kAccept); },
      backoff);
  if (!code) return tl::unexpected(code.error());
  if (!*code) return false;
  if (**code != 0) return tl::unexpected(batch_.error(0).about(key));
  sample(buckets_.map().find(digest));
  return true;
}

Result<bool> Table::write_locked(const format::Digest& digest, std::string_view key,
                                 Backoff& backoff) {
  const auto bucket = buckets_.lock(digest, backoff);
  if (!bucket) return tl::unexpected(bucket.error());
  if (!*bucket) return false;
  const auto slot = read_slot(buckets_.names().bucket(**bucket, format::BucketState::kLocked),
                              digest, key, nullptr);
  if (!slot || !*slot) {
    buckets_.open(**bucket);
    return tl::unexpected(slot ? gone(buckets_.names().table()) : slot.error());
  }
  if (auto written = put(**bucket, digest, key, **slot); !written)
    return tl::unexpected(written.error());
  return true;
}

Result<bool> Table::remove(std::string_view key) {
  if (auto checked = format::check_key(key); !checked) return tl::unexpected(checked.error());
  Backoff backoff(connection_.environment(), timeout_);
  for (;;) {
    const auto known = know(false);
    if (!known) return tl::unexpected(known.error());
    if (!*known) return false;
    const format::Digest digest = digest_of(key);
    encoded_set_.clear();
    if (const auto asked = check_for_deadlines(); !asked) return tl::unexpected(asked.error());
    const auto plain = is_plain(digest);
    if (!plain) return tl::unexpected(plain.error());
    if (head_->has_deadlines || !*plain) break;
    const auto removed = remove_plain(digest, key, backoff);
    if (!removed) return tl::unexpected(removed.error().about(key));
    if (*removed) return **removed;
    forget();
  }
  return update(key, nullptr, [](const Present* present) {
    return Result<Change>(
        Change{.action = present == nullptr ? Change::Action::kLeave : Change::Action::kRemove});
  });
}

Result<std::optional<bool>> Table::remove_plain(const format::Digest& digest, std::string_view key,
                                                Backoff& backoff) {
  const auto code = send(
      digest, [&](std::string_view bucket) { batch_.del(bucket, element_of(digest)); }, backoff);
  if (!code) return tl::unexpected(code.error());
  if (!*code) return std::nullopt;
  if (**code != 0 && **code != IPSET_ERR_EXIST) return tl::unexpected(batch_.error(0).about(key));
  const bool was_there = **code == 0;
  sample(buckets_.map().find(digest));
  return was_there;
}

Result<bool> Table::make_if_wanted(std::string* value, const Decide& decide) {
  if (value != nullptr) value->clear();
  const auto change = decide(nullptr);
  if (!change) return tl::unexpected(change.error());
  return change->action == Change::Action::kWrite ? know(true) : Result<bool>(false);
}

Result<bool> Table::update(std::string_view key, std::string* value, const Decide& decide) {
  if (auto checked = format::check_key(key); !checked) return tl::unexpected(checked.error());
  Backoff backoff(connection_.environment(), timeout_);
  for (;;) {
    const auto known = know(false);
    if (!known) return tl::unexpected(known.error());
    if (!*known)
      if (const auto made = make_if_wanted(value, decide); !made || !*made) return made;
    const format::Digest digest = digest_of(key);
    const auto bucket = buckets_.lock(digest, backoff);
    if (!bucket) return tl::unexpected(bucket.error().about(key));
    if (*bucket) return update_locked(**bucket, digest, key, value, decide);
    forget();
  }
}

Result<bool> Table::update_locked(format::BucketNumber bucket, const format::Digest& digest,
                                  std::string_view key, std::string* value, const Decide& decide) {
  const auto fail = [&](const Error& error) {
    buckets_.open(bucket);
    return tl::unexpected<Error>(error);
  };
  if (value != nullptr) value->clear();
  auto slot =
      read_slot(buckets_.names().bucket(bucket, format::BucketState::kLocked), digest, key, value);
  if (!slot) return fail(slot.error());
  if (!*slot) return fail(gone(buckets_.names().table()));
  Slot& found = **slot;
  bool there = found.is_present();
  if (there && found.is_long()) {
    const auto whole = read_long(found, key, value);
    if (!whole) return fail(whole.error());
    there = *whole && !found.ended;
  }
  if (!there && value != nullptr) value->clear();
  const Present present{.value_bytes = found.value_bytes, .deadline = found.deadline};
  const auto change = decide(there ? &present : nullptr);
  if (!change) return fail(change.error());
  if (change->action == Change::Action::kWrite && change->deadline)
    if (auto marked = mark_deadlines(); !marked) return fail(marked.error());
  return carry_out(resolve(*change, now()), bucket, digest, key, found);
}

Result<bool> Table::carry_out(const Change& change, format::BucketNumber bucket,
                              const format::Digest& digest, std::string_view key,
                              const Slot& slot) {
  const bool writes = change.action == Change::Action::kWrite;
  const bool removes = change.action == Change::Action::kRemove && slot.there;
  if (!writes && !removes) {
    buckets_.open(bucket);
    growth_.follow(bucket, slot.fill);
    return false;
  }
  if (removes) {
    if (auto done = take_out(bucket, digest, key, slot); !done) return tl::unexpected(done.error());
    return true;
  }
  if (auto encoded = encode(key, change.value, change.deadline); !encoded) {
    buckets_.open(bucket);
    return tl::unexpected(encoded.error());
  }
  auto done = put(bucket, digest, key, slot);
  if (done) return true;
  discard_encoded();
  return tl::unexpected(done.error());
}

void Table::queue_put(const ipset::SetName& bucket, const format::Digest& digest,
                      const Slot& slot) {
  // The index is to have a long pair for as long as its element is there.
  const bool is_long = !encoded_set_.empty();
  if (is_long) long_pairs_.queue_note(batch_, digest);
  batch_.add(bucket.view(), element_, ipset::Existing::kAccept);
  if (!is_long && slot.is_long()) long_pairs_.queue_forget(batch_, digest);
}

void Table::queue_removal(const ipset::SetName& bucket, const format::Digest& digest,
                          const Slot& slot) {
  batch_.del(bucket.view(), element_of(digest), ipset::Existing::kAccept);
  if (slot.is_long()) long_pairs_.queue_forget(batch_, digest);
}

Result<void> Table::put(format::BucketNumber bucket, const format::Digest& digest,
                        std::string_view key, const Slot& slot) {
  batch_.clear();
  queue_put(buckets_.names().bucket(bucket, format::BucketState::kLocked), digest, slot);
  return finish_locked(bucket, key, slot);
}

Result<void> Table::take_out(format::BucketNumber bucket, const format::Digest& digest,
                             std::string_view key, const Slot& slot) {
  batch_.clear();
  queue_removal(buckets_.names().bucket(bucket, format::BucketState::kLocked), digest, slot);
  return finish_locked(bucket, key, slot);
}

Result<void> Table::finish_locked(format::BucketNumber bucket, std::string_view key,
                                  const Slot& slot) {
  const std::size_t commands = batch_.size();
  buckets_.queue_open(batch_, bucket);
  if (auto executed = connection_.execute(batch_); !executed) return executed;
  const auto failure = batch_.first_failure();
  const bool failed = failure && *failure < commands;
  const Error error = failed ? batch_.error(*failure).about(key) : Error{};
  if (batch_.code(commands) != 0) buckets_.open(bucket);
  if (failed) return tl::unexpected(error);
  if (slot.is_long()) long_pairs_.destroy(slot.long_set);
  growth_.follow(bucket, slot.fill);
  return {};
}

void Table::sample(format::BucketNumber bucket, std::size_t writes) {
  writes_ += writes;
  if (writes_ < pause_ || !head_) return;
  writes_ = 0;
  batch_.clear();
  queue_question(format::address_of(format::TableMark::kDeadlines));
  queue_question(format::address_of(format::TableMark::kLongPairs));
  queue_question(head_->secret.address());
  if (connection_.execute(batch_)) {
    // Another table of the same generation looks like this one, but has its keys elsewhere.
    if (batch_.code(2) == IPSET_ERR_EXIST) return forget();
    head_->has_deadlines = head_->has_deadlines || answer_at(0);
    head_->has_long_pairs = head_->has_long_pairs || answer_at(1);
  }
  const auto fill = growth_.look(bucket);
  const bool grows = fill && growth_.follow(bucket, *fill);
  // Where values are only replaced there is less and less to look for; not so in a full bucket.
  const std::size_t room = fill ? BucketGrowth::room(bucket, *fill) : 0;
  pause_ = grows ? kShortestPause
                 : std::clamp(room * kShortestPause, kShortestPause,
                              std::min(2 * pause_, kLongestPause));
}

}  // namespace ipsetkv::store
