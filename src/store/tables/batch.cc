// SPDX-License-Identifier: MIT

// Many keys in few conversations: commands for all of them in one send, as many as fit, and one
// dump for all keys of a bucket. What does not go through this way, because a bucket was halved or
// somebody has it, is done again key by key.

#include <algorithm>
#include <memory>

#include "format/key.h"
#include "format/moment.h"
#include "ipset/protocol.h"
#include "store/tables/table.h"

namespace ipsetkv::store {
namespace {

std::string_view key_of(std::string_view key) { return key; }
std::string_view key_of(const KeyValue& pair) { return pair.key; }

/// More than an `add` of one element can take.
constexpr std::size_t kRoomForOne = 1024;

template <class Keys>
Result<void> check_keys(const Keys& keys) {
  for (const auto& each : keys)
    if (auto checked = format::check_key(key_of(each)); !checked) return checked;
  return {};
}

/// That all pairs of a group are written.
template <class Group>
void tell_done(const Backend::VisitWritten& visit, const Group& group) {
  if (!visit) return;
  for (const auto& each : group) visit(each.index, {});
}

}  // namespace

template <class Keys>
std::vector<Table::Wanted> Table::by_bucket(const Keys& keys) const {
  std::vector<Wanted> wanted;
  wanted.reserve(keys.size());
  for (std::size_t index = 0; index < keys.size(); ++index)
    wanted.push_back({digest_of(key_of(keys[index])), index});
  // Of a key that is there twice the later one is to win.
  std::ranges::stable_sort(wanted, {}, &Wanted::digest);
  return wanted;
}

std::size_t Table::count_of_first_bucket(Group wanted) const {
  const format::BucketNumber bucket = buckets_.map().find(wanted.front().digest);
  const auto end = std::ranges::find_if(
      wanted, [&](const Wanted& each) { return !format::belongs_to(each.digest, bucket); });
  return static_cast<std::size_t>(end - wanted.begin());
}

void Table::take_wanted(const ipset::ElementView& element, Group wanted,
                        std::span<const std::string_view> keys, const VisitValue& visit,
                        Seen& seen) {
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (!format::has_digest(element, wanted[i].digest)) continue;
    Slot slot;
    take_slot(element, keys[wanted[i].index], &seen.value, slot);
    if (!slot.there && !slot.is_in_flux) continue;
    seen.met[i] = true;
    // Those that one look does not tell all about.
    if (slot.is_in_flux || slot.ended || slot.is_long())
      seen.apart.push_back(i);
    else
      visit(wanted[i].index, seen.value);
  }
}

Result<bool> Table::read_several(Group wanted, std::span<const std::string_view> keys,
                                 const VisitValue& visit) {
  const format::BucketNumber bucket = buckets_.map().find(wanted.front().digest);
  auto listing =
      connection_.list(buckets_.names().bucket(bucket).view(), ipset::ListMode::kElements);
  if (!listing) return tl::unexpected(listing.error());
  const auto header = bucket_in(*listing);
  if (!header) return tl::unexpected(header.error());
  if (*header == nullptr) return false;
  Seen seen{.met = std::vector<bool>(wanted.size()), .apart = {}, .value = {}};
  for (;;) {
    const auto element = listing->next_element_view();
    if (!element) return tl::unexpected(element.error());
    if (*element == nullptr) break;
    take_wanted(**element, wanted, keys, visit, seen);
  }
  for (std::size_t i = 0; i < wanted.size(); ++i)
    if (!seen.met[i]) visit(wanted[i].index, std::nullopt);
  for (const std::size_t i : seen.apart)
    if (auto read = read_one(wanted[i].index, keys[wanted[i].index], visit); !read)
      return tl::unexpected(read.error());
  return true;
}

Result<void> Table::read_one(std::size_t index, std::string_view key, const VisitValue& visit) {
  std::string value;
  const auto present = read(key, &value);
  if (!present) return tl::unexpected(present.error());
  visit(index, *present ? std::optional<std::string_view>(value) : std::nullopt);
  return {};
}

Result<void> Table::read_singly(Group wanted, std::span<const std::string_view> keys,
                                const VisitValue& visit) {
  for (const Wanted& each : wanted)
    if (auto read = read_one(each.index, keys[each.index], visit); !read) return read;
  return {};
}

Result<void> Table::read_all(std::span<const std::string_view> keys, const VisitValue& visit) {
  if (auto checked = check_keys(keys); !checked) return checked;
  const auto known = know(false);
  if (!known) return tl::unexpected(known.error());
  if (!*known) {
    for (std::size_t index = 0; index < keys.size(); ++index) visit(index, std::nullopt);
    return {};
  }
  const format::TableSecret secret = head_->secret;
  const std::vector<Wanted> wanted = by_bucket(keys);
  Group rest = wanted;
  while (!rest.empty()) {
    // Another table in this one's place has other digests.
    if (!head_ || head_->secret != secret) return read_singly(rest, keys, visit);
    const std::size_t count = count_of_first_bucket(rest);
    const auto there = read_several(rest.first(count), keys, visit);
    if (!there) return tl::unexpected(there.error());
    if (!*there)
      if (auto read = read_singly(rest.first(count), keys, visit); !read) return read;
    rest = rest.subspan(count);
  }
  return {};
}

std::vector<Table::Group> Table::queue_writes(Group wanted, std::span<const KeyValue> pairs) {
  std::vector<Group> groups;
  batch_.clear();
  while (!wanted.empty() && groups.size() < ipset::Batch::kMaxCommands &&
         batch_.room() > kRoomForOne) {
    const std::size_t most = count_of_first_bucket(wanted);
    const format::BucketNumber bucket = buckets_.map().find(wanted.front().digest);
    std::size_t count = 0;
    batch_.begin_add(buckets_.names().bucket(bucket).view(), ipset::Existing::kAccept);
    for (; count < most; ++count) {
      const KeyValue& pair = pairs[wanted[count].index];
      std::construct_at(&element_);
      element_.ip = format::address_of(wanted[count].digest);
      element_.timeout = 0;
      const format::Pair text{.key = pair.key, .value = pair.value, .set = {}, .deadline = {}};
      if (!format::encode_pair(text, element_.comment) || !batch_.append(element_)) break;
    }
    batch_.end_elements();
    groups.push_back(wanted.first(count));
    wanted = wanted.subspan(count);
    if (count < most) break;
  }
  return groups;
}

Result<void> Table::write_all(std::span<const KeyValue> pairs, const VisitWritten& visit) {
  if (auto checked = check_keys(pairs); !checked) return checked;
  // Not all at once: the number of buckets has to follow.
  constexpr std::size_t kAtOnce = 1024;
  for (std::size_t first = 0; first < pairs.size(); first += kAtOnce) {
    const auto some = pairs.subspan(first, std::min(kAtOnce, pairs.size() - first));
    VisitWritten visit_some;
    if (visit)
      visit_some = [&](std::size_t index, const Result<void>& written) {
        visit(first + index, written);
      };
    if (auto written = write_some(some, visit_some); !written) return written;
  }
  return {};
}

Result<void> Table::write_singly(Group wanted, std::span<const KeyValue> pairs,
                                 const VisitWritten& visit) {
  for (const Wanted& each : wanted) {
    const KeyValue& pair = pairs[each.index];
    const auto written = write(pair.key, pair.value, Layout::kAuto, {});
    if (auto told = tell(visit, each.index, written); !told) return told;
  }
  return {};
}

Result<void> Table::write_some(std::span<const KeyValue> pairs, const VisitWritten& visit) {
  if (const auto known = know(true); !known) return tl::unexpected(known.error());
  const format::TableSecret secret = head_->secret;
  const std::vector<Wanted> wanted = by_bucket(pairs);
  Group rest = wanted;
  while (!rest.empty()) {
    // Another table in this one's place has other digests, and long pairs are not written over.
    if (!head_ || head_->secret != secret || head_->has_long_pairs)
      return write_singly(rest, pairs, visit);
    const std::vector<Group> groups = queue_writes(rest, pairs);
    if (auto executed = connection_.execute(batch_); !executed) return executed;
    std::vector<Group> refused;
    std::size_t done = 0;
    for (std::size_t command = 0; command < groups.size(); ++command) {
      done += groups[command].size();
      if (batch_.code(command) != 0)
        refused.push_back(groups[command]);
      else
        tell_done(visit, groups[command]);
    }
    // The one that a batch stops at does not fit into it, or into an element.
    if (done == 0) refused.push_back(rest.first(done = 1));
    for (const Group group : refused)
      if (auto written = write_singly(group, pairs, visit); !written) return written;
    follow_writes(done);
    rest = rest.subspan(done);
  }
  return {};
}

void Table::follow_writes(std::size_t writes) {
  writes_at_once_ += writes;
  if (!head_) return;
  // As many as there are buckets, each of which has one key more then.
  const std::size_t shortest = std::max(kShortestPause, buckets_.map().size());
  pause_at_once_ = std::clamp(pause_at_once_, shortest, kMostKeysBetween * shortest);
  if (writes_at_once_ < pause_at_once_) return;
  writes_at_once_ = 0;
  // Where values are only replaced there is less and less to look for.
  pause_at_once_ = growth_.follow_all() ? 0 : 2 * pause_at_once_;
}

Result<void> Table::remove_all(std::span<const std::string_view> keys, const VisitRemoved& visit) {
  if (auto checked = check_keys(keys); !checked) return checked;
  for (std::size_t first = 0; first < keys.size();) {
    const auto known = know(false);
    if (!known) return tl::unexpected(known.error());
    if (*known)
      if (auto asked = check_for_deadlines(); !asked) return asked;
    const bool singly = !*known || head_->has_deadlines || head_->has_long_pairs;
    const std::size_t most = singly ? keys.size() : ipset::Batch::kMaxCommands;
    const auto some = keys.subspan(first, std::min(most, keys.size() - first));
    const VisitRemoved visit_some = [&](std::size_t index, bool removed) {
      visit(first + index, removed);
    };
    auto removed =
        singly ? Backend::remove_all(some, visit_some) : remove_several(some, visit_some);
    if (!removed) return removed;
    first += some.size();
  }
  return {};
}

Result<void> Table::remove_several(std::span<const std::string_view> keys,
                                   const VisitRemoved& visit) {
  batch_.clear();
  for (const std::string_view key : keys) {
    const format::Digest digest = digest_of(key);
    ipset::Element element;
    element.ip = format::address_of(digest);
    batch_.del(buckets_.names().bucket(buckets_.map().find(digest)).view(), element);
  }
  if (auto executed = connection_.execute(batch_); !executed) return executed;
  std::vector<std::size_t> refused;
  for (std::size_t index = 0; index < keys.size(); ++index) {
    const std::int32_t code = batch_.code(index);
    if (code == 0 || code == IPSET_ERR_EXIST)
      visit(index, code == 0);
    else
      refused.push_back(index);
  }
  sample(buckets_.map().find(digest_of(keys.front())), keys.size());
  for (const std::size_t index : refused) {
    const auto removed = remove(keys[index]);
    if (!removed) return tl::unexpected(removed.error());
    visit(index, *removed);
  }
  return {};
}

}  // namespace ipsetkv::store
