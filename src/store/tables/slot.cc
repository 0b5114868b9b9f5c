// SPDX-License-Identifier: MIT
#include "store/tables/slot.h"

#include <cassert>

namespace ipsetkv::store {

Result<const ipset::SetHeader*> bucket_in(ipset::Listing& listing) {
  const auto header = listing.next_set();
  if (!header && header.error().code == ErrorCode::kNoSuchSet) return nullptr;
  return header;
}

void SlotReader::take(const ipset::ElementView& element, std::string_view key, std::string* value,
                      Slot& slot) {
  slot.torn = element.comment.empty();
  const auto pair = decoder_.decode(element.comment);
  if (!pair || (!pair->is_long() && pair->key != key)) return;
  slot.there = true;
  slot.deadline = pair->deadline;
  slot.expired = pair->deadline && *pair->deadline <= table_.now();
  slot.long_set = pair->set;
  slot.value_bytes = pair->value.size();
  if (pair->deadline) table_.head().has_deadlines = true;
  if (pair->is_long()) table_.head().has_long_pairs = true;
  if (value != nullptr && !pair->is_long()) value->assign(pair->value);
}

Result<std::optional<Slot>> SlotReader::read(const ipset::SetName& bucket,
                                             const format::Digest& digest, std::string_view key,
                                             std::string* value) {
  auto listing = table_.connection().list(bucket.view(), ipset::ListMode::kElements);
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
    take(**element, key, value, slot);
  }
}

Result<bool> SlotReader::complete(Slot& slot, std::string_view key, std::string* value) {
  assert(slot.is_long());
  Drawer drawer;
  const auto content = table_.long_pairs().read(slot.long_set, key, value, drawer);
  if (!content) return tl::unexpected(content.error());
  if (*content == Content::kExpired) slot.expired = true;
  slot.value_bytes = drawer.value_bytes;
  slot.dangling = *content != Content::kValue && *content != Content::kExpired;
  return !slot.dangling;
}

Result<Slot> SlotReader::read_held(const BucketHold& hold, const format::Digest& digest,
                                   std::string_view key, std::string* value) {
  assert(format::belongs_to(digest, hold.bucket()));
  if (value != nullptr) value->clear();
  const auto slot = read(hold.name(), digest, key, value);
  if (!slot) return tl::unexpected(slot.error());
  if (!*slot) return tl::unexpected(table_.gone());
  return **slot;
}

Result<Slot> SlotReader::read_under_lock(const BucketHold& hold, const format::Digest& digest,
                                         std::string_view key, std::string* value) {
  auto slot = read_held(hold, digest, key, value);
  if (!slot) return slot;
  if (slot->is_present() && slot->is_long())
    if (const auto completed = complete(*slot, key, value); !completed)
      return tl::unexpected(completed.error());
  if (value != nullptr && !slot->is_present()) value->clear();
  return slot;
}

}  // namespace ipsetkv::store
