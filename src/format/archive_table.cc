// SPDX-License-Identifier: MIT
#include "format/archive_table.h"

namespace ipsetkv::format {

std::optional<TableSet::Kind> ArchivedTable::kind_of(std::string_view set_name) const {
  const auto set = parse_table_set(set_name);
  if (!set || set->table != table_ || set->state == BucketState::kFilling) return std::nullopt;
  const bool has_head = secret_ && set->kind != TableSet::Kind::kHead;
  // A table of the same name that was dropped.
  if (has_head && set->generation != secret_->generation()) return std::nullopt;
  return set->kind;
}

LineFault ArchivedTable::take_head(const ipset::Element& element) {
  if (element.comment.view() != kTableForm) return LineFault::kNone;
  secret_ = TableSecret::from(element.ip->bytes());
  return LineFault::kNone;
}

Result<LineFault> ArchivedTable::take_element(TableSet::Kind kind, const ipset::Element& element) {
  if (kind == TableSet::Kind::kHead) return take_head(element);
  if (kind != TableSet::Kind::kBucket) return LineFault::kNone;
  const auto pair = decoder_.decode(element.comment.view());
  if (!pair) return LineFault::kNotInValue;
  if (!pair->is_long()) {
    if (secret_ && address_of(secret_->digest(pair->key)) != *element.ip)
      return LineFault::kNotTheKey;
    auto taken = take_({.key = pair->key, .value = pair->value, .deadline = pair->deadline});
    if (!taken) return tl::unexpected(taken.error());
    return LineFault::kNone;
  }
  const auto found = waiting_.find(pair->set.view());
  if (found == waiting_.end()) {
    named_.emplace(pair->set.view());
    return LineFault::kNone;
  }
  const Waiting& waiting = found->second;
  auto taken = take_({.key = waiting.key,
                      .value = waiting.value,
                      .kind = waiting.kind,
                      .deadline = waiting.deadline});
  waiting_.erase(found);
  if (!taken) return tl::unexpected(taken.error());
  return LineFault::kNone;
}

Result<void> ArchivedTable::take_long_pair(std::string_view set_name, const ArchivedKey& pair) {
  const auto found = named_.find(set_name);
  if (found != named_.end()) {
    named_.erase(found);
    return take_(pair);
  }
  waiting_.insert_or_assign(std::string(set_name), Waiting{.key = std::string(pair.key),
                                                           .value = std::string(pair.value),
                                                           .kind = pair.kind,
                                                           .deadline = pair.deadline});
  return {};
}

}  // namespace ipsetkv::format
