// SPDX-License-Identifier: MIT

// What a call does with the kernel
//
//     read                 one dump of the bucket
//     write, remove        one `add` that replaces, one `del`
//     exists               one `test`
//     update               lock the bucket (see buckets.cc), dump it, `add` or `del` and unlock
//
// Each command takes effect at one instant, and a bucket that somebody has locked is not found by
// any of them, so that all are linearizable together. A bucket that was halved or joined since it
// was last used is looked for; that is what Buckets::Search does.
//
// Deadlines: the kernel ends elements by the second, and readers know the millisecond. So where a
// table has deadlines (its head says so) `exists` and `remove` ask as `read` and `update` do,
// whether the element's time has passed already.
//
// Long pairs: key and value lie, one behind the other, as a drawer in a set that is made before the
// element names it, and destroyed by whoever replaces the element. So where a table has long pairs
// a write is an update, too. A reader who finds the set gone reads the bucket again.

#include "store/table.h"

#include <cerrno>

#include "ipset/protocol.h"
#include "store/clock.h"
#include "store/drawers.h"
#include "store/key.h"

namespace ipsetkv::store {
namespace {

constexpr std::size_t kBatchBytes = 4096;
/// One write of so many is followed by a look at how full the bucket is.
constexpr std::uint32_t kSampled = 16;

bool has_passed(std::optional<std::uint64_t> deadline) { return deadline && *deadline <= now_ms(); }

Error gone(std::string_view table) {
  return Error{.code = ErrorCode::kNoSuchSet, .step = Step::kList}.about(table);
}

}  // namespace

Table::Table(ipset::Connection& connection, std::string_view name,
             std::chrono::milliseconds timeout)
    : connection_(connection),
      long_reader_(connection),
      long_writer_(connection, long_reader_, timeout),
      timeout_(timeout),
      buckets_(connection, name),
      growth_(connection, buckets_),
      batch_(connection.new_batch(kBatchBytes)),
      writes_(connection.port_id()) {}

Result<bool> Table::know(bool make) {
  if (head_) return true;
  Patience patience(timeout_);
  for (;;) {
    const auto head = read_head(connection_, buckets_.names().head());
    if (!head) return tl::unexpected(head.error());
    head_ = *head;
    if (head_) break;
    if (!make) return false;
    if (auto made = make_table(connection_, buckets_.names()); !made)
      return tl::unexpected(made.error());
    if (!patience.wait()) return tl::unexpected(Error{.code = ErrorCode::kLocked});
  }
  buckets_.names().set_generation(head_->secret.generation());
  buckets_.forget();
  if (const auto seen = buckets_.look(); !seen) return tl::unexpected(seen.error());
  return true;
}

void Table::forget() { head_.reset(); }

Result<void> Table::announce(std::optional<std::uint64_t> deadline, bool is_long) {
  const ipset::SetName& head = buckets_.names().head();
  if (deadline && !head_->has_deadlines) {
    auto marked = mark_table(connection_, head, TableMark::kDeadlines);
    if (!marked) return marked;
    head_->has_deadlines = true;
  }
  if (is_long && !head_->has_long_pairs) {
    auto marked = mark_table(connection_, head, TableMark::kLongPairs);
    if (!marked) return marked;
    head_->has_long_pairs = true;
  }
  return {};
}

Result<bool> Table::take_slot(const ipset::ElementView& element, std::string_view key,
                              std::string* value, Slot& slot) {
  const auto pair = decoder_.decode(element.comment);
  if (!pair || (!pair->is_long() && pair->key != key)) return false;
  slot.there = true;
  slot.deadline = pair->deadline;
  slot.ended = has_passed(pair->deadline);
  slot.long_set = pair->set;
  slot.key_bytes = pair->key_bytes;
  slot.value_bytes = pair->value.size();
  if (pair->deadline) head_->has_deadlines = true;
  if (pair->is_long()) head_->has_long_pairs = true;
  if (value != nullptr && !pair->is_long()) value->assign(pair->value);
  return true;
}

Result<std::optional<Table::Slot>> Table::read_slot(const ipset::SetName& bucket,
                                                    const layout::Digest& digest,
                                                    std::string_view key, std::string* value) {
  auto listing = connection_.list(bucket.view(), ipset::ListMode::kElements);
  if (!listing) return tl::unexpected(listing.error());
  const auto header = listing->next_set();
  if (!header) {
    if (header.error().code == ErrorCode::kNoSuchSet) return std::nullopt;
    return tl::unexpected(header.error());
  }
  if (*header == nullptr) return std::nullopt;
  Slot slot;
  slot.fill.memory_bytes = (*header)->memory_bytes;
  slot.fill.keys = (*header)->elements.value_or(0);
  for (;;) {
    const auto element = listing->next_element_view();
    if (!element) return tl::unexpected(element.error());
    if (*element == nullptr) return slot;
    if (!layout::has_digest(**element, digest)) continue;
    if (const auto taken = take_slot(**element, key, value, slot); !taken)
      return tl::unexpected(taken.error());
  }
}

Result<bool> Table::read_long(const Slot& slot, std::string_view key, std::string* value) {
  Drawer drawer;
  const auto content = long_reader_.read(place_at(slot.long_set), &long_pair_, drawer);
  if (!content) return tl::unexpected(content.error());
  if (*content != Content::kValue || slot.key_bytes > long_pair_.size()) return false;
  if (std::string_view(long_pair_).substr(0, slot.key_bytes) != key) return false;
  if (value != nullptr) value->assign(long_pair_, slot.key_bytes);
  return true;
}

Result<std::optional<Present>> Table::read_known(std::string_view key, std::string* value,
                                                 Patience& patience, bool& is_gone) {
  const layout::Digest digest = head_->secret.digest(key);
  Buckets::Search search(buckets_, digest);
  for (;;) {
    const auto slot = read_slot(buckets_.names().bucket(search.bucket()), digest, key, value);
    if (!slot) return tl::unexpected(slot.error());
    if (!*slot) {
      const auto more = search.next(patience);
      if (!more) return tl::unexpected(more.error());
      if (*more) continue;
      is_gone = true;
      return std::nullopt;
    }
    search.found();
    growth_.follow(search.bucket(), (*slot)->fill);
    if (!(*slot)->there || (*slot)->ended) return std::nullopt;
    Present present{.value_bytes = (*slot)->value_bytes, .deadline = (*slot)->deadline};
    if ((*slot)->long_set.empty()) return present;
    const auto whole = read_long(**slot, key, value);
    if (!whole) return tl::unexpected(whole.error());
    present.value_bytes = long_pair_.size() - (*slot)->key_bytes;
    if (*whole) return present;
    // Replaced in between; a set that stays away was destroyed by somebody else.
    if (!patience.wait()) return std::nullopt;
  }
}

Result<std::optional<Present>> Table::read(std::string_view key, std::string* value) {
  if (auto checked = check_key(key); !checked) return tl::unexpected(checked.error());
  Patience patience(timeout_);
  for (;;) {
    if (value != nullptr) value->clear();
    const auto known = know(false);
    if (!known) return tl::unexpected(known.error());
    if (!*known) return std::nullopt;
    bool is_gone = false;
    auto present = read_known(key, value, patience, is_gone);
    if (!is_gone) {
      if (value != nullptr && (!present || !*present)) value->clear();
      return present;
    }
    forget();
  }
}

Result<std::optional<std::int32_t>> Table::send(const layout::Digest& digest, const Queue& queue,
                                                Patience& patience) {
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
    const auto more = search.next(patience);
    if (!more) return tl::unexpected(more.error());
    if (!*more) return std::nullopt;
  }
}

Result<bool> Table::exists(std::string_view key) {
  if (auto checked = check_key(key); !checked) return tl::unexpected(checked.error());
  Patience patience(timeout_);
  for (;;) {
    const auto known = know(false);
    if (!known) return tl::unexpected(known.error());
    if (!*known) return false;
    const layout::Digest digest = head_->secret.digest(key);
    ipset::Element element;
    element.ip = layout::address_of(digest);
    const auto code = send(
        digest, [&](std::string_view bucket) { batch_.test(bucket, element); }, patience);
    if (!code) return tl::unexpected(code.error());
    if (!*code) {
      forget();
      continue;
    }
    if (**code == IPSET_ERR_EXIST) return false;
    if (**code != 0) return tl::unexpected(batch_.error(0).about(key));
    if (!head_->has_deadlines) return true;
    const auto present = read(key, nullptr);
    if (!present) return tl::unexpected(present.error());
    return present->has_value();
  }
}

Result<void> Table::encode(std::string_view key, std::string_view value,
                           std::optional<std::uint64_t> deadline) {
  layout::Pair pair{.key = key, .value = value, .key_bytes = key.size(), .deadline = deadline};
  std::construct_at(&element_);
  element_.ip = layout::address_of(head_->secret.digest(key));
  element_.timeout = deadline ? life_until(*deadline, now_ms()) : 0;
  const bool is_short = layout::encode_pair(pair, element_.comment);
  if (auto announced = announce(deadline, !is_short); !announced) return announced;
  encoded_set_.clear();
  if (is_short) return {};
  if (auto made = encode_long(key, value, deadline, pair); !made) return made;
  encoded_set_ = pair.set;
  (void)layout::encode_pair(pair, element_.comment);
  return {};
}

Result<void> Table::encode_long(std::string_view key, std::string_view value,
                                std::optional<std::uint64_t> deadline, layout::Pair& pair) {
  long_pair_.assign(key).append(value);
  for (;;) {
    pair.set = buckets_.names().long_pair(next_long_++);
    const auto taken = connection_.header(pair.set.view());
    if (!taken) return tl::unexpected(taken.error());
    if (!*taken) break;
  }
  const Place place = place_at(pair.set);
  const auto content = content_of(place, long_pair_, Layout::kAuto, deadline);
  if (!content) return tl::unexpected(content.error().about(key));
  return long_writer_.write(place, *content);
}

Result<void> Table::write(std::string_view key, std::string_view value, Layout /*layout*/,
                          std::optional<std::uint64_t> deadline) {
  if (auto checked = check_key(key); !checked) return checked;
  Patience patience(timeout_);
  for (;;) {
    if (const auto known = know(true); !known) return tl::unexpected(known.error());
    if (auto encoded = encode(key, value, deadline); !encoded) return encoded;
    const layout::Digest digest = head_->secret.digest(key);
    if (head_->has_long_pairs) {
      const auto replaced = replace(digest, key, patience);
      if (!replaced) return tl::unexpected(replaced.error());
      if (*replaced) return {};
    } else {
      const auto code = send(
          digest,
          [&](std::string_view bucket) { batch_.add(bucket, element_, ipset::Existing::kAccept); },
          patience);
      if (!code) return tl::unexpected(code.error());
      if (*code && **code != 0) return tl::unexpected(batch_.error(0).about(key));
      if (*code) {
        sample(buckets_.map().find(digest));
        return {};
      }
    }
    forget();
  }
}

Result<bool> Table::replace(const layout::Digest& digest, std::string_view key,
                            Patience& patience) {
  const auto bucket = buckets_.lock(digest, patience);
  if (!bucket || !*bucket) discard_encoded();
  if (!bucket) return tl::unexpected(bucket.error().about(key));
  if (!*bucket) return false;
  const auto slot =
      read_slot(buckets_.names().bucket(**bucket, BucketState::kLocked), digest, key, nullptr);
  if (!slot || !*slot) {
    buckets_.open(**bucket);
    discard_encoded();
    return tl::unexpected(slot ? gone(buckets_.names().table()) : slot.error());
  }
  if (auto written = put(**bucket, key, **slot); !written) return tl::unexpected(written.error());
  return true;
}

/// Puts the element into the locked bucket, and opens that.
Result<void> Table::put(BucketNumber bucket, std::string_view key, const Slot& slot) {
  batch_.clear();
  batch_.add(buckets_.names().bucket(bucket, BucketState::kLocked).view(), element_,
             ipset::Existing::kAccept);
  buckets_.queue_open(batch_, bucket);
  if (auto executed = connection_.execute(batch_); !executed) return executed;
  const std::int32_t code = batch_.code(0);
  const Error error = code != 0 ? batch_.error(0).about(key) : Error{};
  if (batch_.code(1) != 0) buckets_.open(bucket);
  if (code != 0) {
    discard_encoded();
    return tl::unexpected(error);
  }
  if (!slot.long_set.empty()) destroy_long(slot.long_set);
  growth_.follow(bucket, slot.fill);
  return {};
}

Result<bool> Table::remove(std::string_view key) {
  if (auto checked = check_key(key); !checked) return tl::unexpected(checked.error());
  Patience patience(timeout_);
  for (;;) {
    const auto known = know(false);
    if (!known) return tl::unexpected(known.error());
    if (!*known) return false;
    if (head_->has_deadlines || head_->has_long_pairs)
      return update(key, nullptr, [](const Present* present) {
        return Result<Change>(Change{.action = present == nullptr ? Change::Action::kLeave
                                                                  : Change::Action::kRemove});
      });
    const layout::Digest digest = head_->secret.digest(key);
    ipset::Element element;
    element.ip = layout::address_of(digest);
    const auto code = send(
        digest, [&](std::string_view bucket) { batch_.del(bucket, element); }, patience);
    if (!code) return tl::unexpected(code.error());
    if (!*code) {
      forget();
      continue;
    }
    if (**code != 0 && **code != IPSET_ERR_EXIST) return tl::unexpected(batch_.error(0).about(key));
    sample(buckets_.map().find(digest));
    return **code == 0;
  }
}

Result<bool> Table::update(std::string_view key, std::string* value, const Decide& decide) {
  if (auto checked = check_key(key); !checked) return tl::unexpected(checked.error());
  Patience patience(timeout_);
  for (;;) {
    const auto known = know(false);
    if (!known) return tl::unexpected(known.error());
    if (!*known) {
      const auto change = decide(nullptr);
      if (!change) return tl::unexpected(change.error());
      if (change->action != Change::Action::kWrite) return false;
      if (const auto made = know(true); !made) return tl::unexpected(made.error());
    }
    const layout::Digest digest = head_->secret.digest(key);
    const auto bucket = buckets_.lock(digest, patience);
    if (!bucket) return tl::unexpected(bucket.error().about(key));
    if (*bucket) return update_locked(**bucket, digest, key, value, decide);
    forget();
  }
}

Result<bool> Table::update_locked(BucketNumber bucket, const layout::Digest& digest,
                                  std::string_view key, std::string* value, const Decide& decide) {
  const auto fail = [&](const Error& error) {
    buckets_.open(bucket);
    return tl::unexpected<Error>(error);
  };
  if (value != nullptr) value->clear();
  const auto slot =
      read_slot(buckets_.names().bucket(bucket, BucketState::kLocked), digest, key, value);
  if (!slot) return fail(slot.error());
  if (!*slot) return fail(gone(buckets_.names().table()));
  Present present{.value_bytes = (*slot)->value_bytes, .deadline = (*slot)->deadline};
  bool there = (*slot)->there && !(*slot)->ended;
  if (there && !(*slot)->long_set.empty()) {
    const auto whole = read_long(**slot, key, value);
    if (!whole) return fail(whole.error());
    present.value_bytes = long_pair_.size() - (*slot)->key_bytes;
    there = *whole;
  }
  const auto change = decide(there ? &present : nullptr);
  if (!change) return fail(change.error());
  return apply(bucket, key, **slot, *change);
}

Result<bool> Table::apply(BucketNumber bucket, std::string_view key, const Slot& slot,
                          const Change& change) {
  if (change.action == Change::Action::kWrite) {
    auto encoded = encode(key, change.value, change.deadline);
    if (!encoded) {
      buckets_.open(bucket);
      return tl::unexpected(encoded.error());
    }
    if (auto written = put(bucket, key, slot); !written) return tl::unexpected(written.error());
    return true;
  }
  batch_.clear();
  const bool removes = change.action == Change::Action::kRemove && slot.there;
  if (removes) {
    ipset::Element element;
    element.ip = layout::address_of(head_->secret.digest(key));
    batch_.del(buckets_.names().bucket(bucket, BucketState::kLocked).view(), element,
               ipset::Existing::kAccept);
  }
  buckets_.queue_open(batch_, bucket);
  if (auto executed = connection_.execute(batch_); !executed)
    return tl::unexpected(executed.error());
  if (batch_.code(batch_.size() - 1) != 0) buckets_.open(bucket);
  if (removes && !slot.long_set.empty()) destroy_long(slot.long_set);
  growth_.follow(bucket, slot.fill);
  return removes;
}

void Table::discard_encoded() {
  if (!encoded_set_.empty()) destroy_long(encoded_set_);
}

void Table::destroy_long(const ipset::SetName& set) {
  // A reader may be at it; what stays is found by `sweep`.
  batch_.clear();
  batch_.destroy(set.view());
  (void)connection_.execute(batch_);
}

void Table::sample(BucketNumber bucket) {
  if (++writes_ % kSampled != 0) return;
  if (const auto fill = growth_.look(bucket)) growth_.follow(bucket, *fill);
}

}  // namespace ipsetkv::store
