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
// table has deadlines (its head carries a mark) `exists` and `remove` read as `read` and `update`
// do, to see whether the element has expired. The mark is set before the first pair with a deadline
// is written, and never removed.
//
// A Store that does not know of the mark asks for it. `exists` does so behind its command, in the
// same send: without the mark there was no deadline when the command was executed. `remove` asks in
// a send before its command. If there was no mark then, any key that expires in the meantime got
// its deadline, which lay in the future, after the call began; so the answer "removed" is one that
// the call could have given before the key expired.
//
// A reader who is kept from running sees a deadline pass that somebody has moved meanwhile. So only
// an element whose time had passed before the dump was asked for has ended; another one is settled
// with the bucket locked. So is one without a comment: in the later parts of a long dump the kernel
// shows an element that is just being replaced so (ip_set_init_comment in net/netfilter/ipset/
// ip_set_core.c takes the old one away before it puts the new one there).
//
// Long pairs: a write over one, or its removal, leaves a set behind that nobody names. So where a
// table has long pairs a write asks their index first, and does as `update` does where it may meet
// one. Two writes that meet over the same key all the same leave a set for `sweep`.

#include "store/tables/table.h"

#include "format/key.h"
#include "format/moment.h"

namespace ipsetkv::store {
Table::Table(ipset::Connection& connection, std::string_view name,
             std::chrono::milliseconds timeout)
    : connection_(connection),
      timeout_(timeout),
      buckets_(connection, name),
      growth_(connection, buckets_),
      long_pairs_(connection, buckets_.names(), timeout),
      batch_(connection.new_batch()),
      writes_(connection.port_id() % kShortestPause) {}

Result<bool> Table::know(bool make) {
  if (head_) return true;
  Backoff backoff(connection_.environment(), timeout_);
  for (;;) {
    const auto head = read_head(connection_, buckets_.names().head());
    if (!head) return tl::unexpected(head.error());
    head_ = *head;
    if (head_) break;
    if (!make) return false;
    if (auto made = make_table(connection_, buckets_.names()); !made)
      return tl::unexpected(made.error());
    if (!backoff.wait()) return tl::unexpected(Error{.code = ErrorCode::kLocked});
  }
  buckets_.names().set_generation(head_->secret.generation());
  buckets_.forget();
  if (const auto seen = buckets_.look(); !seen) return tl::unexpected(seen.error());
  return true;
}

void Table::take_slot(const ipset::ElementView& element, std::string_view key, std::string* value,
                      Slot& slot) {
  slot.is_in_flux = element.comment.empty();
  const auto pair = decoder_.decode(element.comment);
  if (!pair || (!pair->is_long() && pair->key != key)) return;
  slot.there = true;
  slot.deadline = pair->deadline;
  slot.ended = pair->deadline && *pair->deadline <= now();
  slot.long_set = pair->set;
  slot.value_bytes = pair->value.size();
  if (pair->deadline) head_->has_deadlines = true;
  if (pair->is_long()) head_->has_long_pairs = true;
  if (value != nullptr && !pair->is_long()) value->assign(pair->value);
}

Result<const ipset::SetHeader*> Table::bucket_in(ipset::Listing& listing) {
  const auto header = listing.next_set();
  if (!header && header.error().code == ErrorCode::kNoSuchSet) return nullptr;
  return header;
}

Result<std::optional<Table::Slot>> Table::read_slot(const ipset::SetName& bucket,
                                                    const format::Digest& digest,
                                                    std::string_view key, std::string* value) {
  auto listing = connection_.list(bucket.view(), ipset::ListMode::kElements);
  if (!listing) return tl::unexpected(listing.error());
  const auto header = bucket_in(*listing);
  if (!header) return tl::unexpected(header.error());
  if (*header == nullptr) return std::nullopt;
  Slot slot;
  slot.fill.memory_bytes = (*header)->memory_bytes;
  slot.fill.keys = (*header)->elements.value_or(0);
  for (;;) {
    const auto element = listing->find_element(digest);
    if (!element) return tl::unexpected(element.error());
    if (*element == nullptr) return slot;
    take_slot(**element, key, value, slot);
  }
}

Result<bool> Table::read_long(Slot& slot, std::string_view key, std::string* value) {
  Drawer drawer;
  const auto content = long_pairs_.read(slot.long_set, key, value, drawer);
  if (!content) return tl::unexpected(content.error());
  if (*content == Content::kEnded) slot.ended = true;
  slot.value_bytes = drawer.value_bytes;
  return *content == Content::kValue || *content == Content::kEnded;
}

Result<std::optional<Table::Slot>> Table::find_slot(const format::Digest& digest,
                                                    std::string_view key, std::string* value,
                                                    Backoff& backoff) {
  Buckets::Search search(buckets_, digest);
  for (;;) {
    const format::Moment asked_at = now();
    auto slot = read_slot(buckets_.names().bucket(search.bucket()), digest, key, value);
    if (!slot) return slot;
    if (*slot) {
      (*slot)->asked_at = asked_at;
      search.found();
      growth_.follow(search.bucket(), (*slot)->fill);
      return slot;
    }
    const auto more = search.next(backoff);
    if (!more) return tl::unexpected(more.error());
    if (!*more) return std::nullopt;
  }
}

Result<std::optional<Table::Slot>> Table::find(std::string_view key, std::string* value,
                                               Backoff& backoff) {
  const format::Digest digest = digest_of(key);
  for (;;) {
    auto slot = find_slot(digest, key, value, backoff);
    if (!slot || !*slot || !(*slot)->is_present() || !(*slot)->is_long()) return slot;
    const auto whole = read_long(**slot, key, value);
    if (!whole) return tl::unexpected(whole.error());
    if (*whole) return slot;
    // Replaced in between; a set that stays away was destroyed by somebody else.
    if (!backoff.wait()) return Slot{};
  }
}

Result<std::optional<Present>> Table::read(std::string_view key, std::string* value) {
  if (auto checked = format::check_key(key); !checked) return tl::unexpected(checked.error());
  Backoff backoff(connection_.environment(), timeout_);
  for (;;) {
    if (value != nullptr) value->clear();
    const auto known = know(false);
    if (!known) return tl::unexpected(known.error());
    if (!*known) return std::nullopt;
    const auto slot = find(key, value, backoff);
    if (!slot) return tl::unexpected(slot.error().about(key));
    if (!*slot) {
      forget();
      continue;
    }
    if ((*slot)->is_doubtful()) return settle(key, value);
    if ((*slot)->is_present())
      return Present{.value_bytes = (*slot)->value_bytes, .deadline = (*slot)->deadline};
    if (value != nullptr) value->clear();
    return std::nullopt;
  }
}

Result<std::optional<Present>> Table::settle(std::string_view key, std::string* value) {
  std::optional<Present> present;
  const auto done = update(key, value, [&](const Present* found) -> Result<Change> {
    present.reset();
    if (found != nullptr) present = *found;
    return Change{};
  });
  if (!done) return tl::unexpected(done.error());
  if (value != nullptr && !present) value->clear();
  return present;
}

}  // namespace ipsetkv::store
