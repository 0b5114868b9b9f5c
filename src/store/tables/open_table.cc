// SPDX-License-Identifier: MIT
#include "store/tables/open_table.h"

namespace ipsetkv::store {

ipset::Element element_of(const format::Digest& digest) {
  ipset::Element element;
  element.ip = format::address_of(digest);
  return element;
}

OpenTable::OpenTable(ipset::Connection& connection, std::string_view name,
                     std::chrono::milliseconds timeout)
    : connection_(connection),
      timeout_(timeout),
      buckets_(connection, name),
      growth_(connection, buckets_),
      long_pairs_(connection, buckets_.names(), timeout),
      batch_(connection.new_batch()) {}

Result<bool> OpenTable::load(Backoff& backoff, bool make) {
  if (head_ && buckets_.has_unfinished()) buckets_.finish_own(backoff);
  while (!head_) {
    const auto head = read_head(connection_, buckets_.names().head());
    if (!head) return tl::unexpected(head.error());
    if (*head) {
      buckets_.names().set_generation((*head)->secret.generation());
      buckets_.forget();
      if (const auto seen = buckets_.look(); !seen) return tl::unexpected(seen.error());
      head_ = *head;
      break;
    }
    if (!make) return false;
    if (auto made = make_table(connection_, buckets_.names()); !made)
      return tl::unexpected(made.error());
    if (!backoff.wait()) return tl::unexpected(Error{.code = ErrorCode::kLocked});
  }
  return true;
}

Result<void> OpenTable::load_or_make_head(Backoff& backoff) {
  if (head_ && !buckets_.has_unfinished()) return {};
  const auto loaded = load(backoff, /*make=*/true);
  return loaded ? Result<void>() : tl::unexpected(loaded.error());
}

Error OpenTable::gone() const {
  return Error{.code = ErrorCode::kNoSuchSet, .step = Step::kList}.about(name());
}

void OpenTable::queue_head_test(const ipset::Address& address) {
  ipset::Element element;
  element.ip = address;
  batch_.test(names().head().view(), element);
}

bool OpenTable::head_has(std::size_t command) const {
  assert(command < batch_.size());
  return batch_.code(command) == 0;
}

Result<void> OpenTable::check_for_deadlines() {
  if (head().has_deadlines) return {};
  batch_.clear();
  queue_head_test(format::address_of(format::TableMark::kDeadlines));
  if (auto executed = connection_.execute(batch_); !executed) return executed;
  head_->has_deadlines = head_has(0);
  return {};
}

Result<void> OpenTable::mark_deadlines() {
  if (head().has_deadlines) return {};
  const auto marked = mark_table(connection_, names().head(), format::TableMark::kDeadlines);
  if (!marked) return tl::unexpected(marked.error());
  head_->has_deadlines = true;
  head_->deadlines_since = *marked;
  return {};
}

Result<void> OpenTable::mark_long_pairs() {
  if (head().has_long_pairs) return {};
  const auto marked = mark_table(connection_, names().head(), format::TableMark::kLongPairs);
  if (!marked) return tl::unexpected(marked.error());
  head_->has_long_pairs = true;
  head_->long_pairs_since = *marked;
  return {};
}

}  // namespace ipsetkv::store
