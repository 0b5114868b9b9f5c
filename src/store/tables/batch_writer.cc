// SPDX-License-Identifier: MIT
#include "store/tables/batch_writer.h"

#include <algorithm>
#include <cassert>
#include <memory>

#include "ipset/protocol.h"

namespace ipsetkv::store {
namespace {

/// More than an `add` of one element can take.
constexpr std::size_t kRoomForOne = 1024;
/// The most pairs between two looks at the number of buckets.
constexpr std::size_t kPairsAtOnce = 1024;

}  // namespace

bool TableBatchWriter::append(const KeyValue& pair, const format::Digest& digest,
                              format::Moment now) {
  format::Pair encoded{.key = pair.key, .value = pair.value, .set = {}, .deadline = {}};
  if (pair.deadline) {
    encoded.deadline = format::moment_of(*pair.deadline);
    if (*encoded.deadline <= now) return false;
  }
  std::construct_at(&element_);
  element_.ip = format::address_of(digest);
  element_.timeout = encoded.deadline ? format::timeout_until(*encoded.deadline, now) : 0;
  return format::encode_pair(encoded, element_.comment) && table_.batch().append(element_);
}

std::vector<KeyGroup> TableBatchWriter::queue_writes(KeyGroup wanted,
                                                     std::span<const KeyValue> pairs) {
  std::vector<KeyGroup> groups;
  ipset::Batch& batch = table_.batch();
  const format::Moment now = table_.now();
  batch.clear();
  while (!wanted.empty() && groups.size() < ipset::Batch::kMaxCommands &&
         batch.room() > kRoomForOne) {
    const format::BucketNumber bucket = table_.buckets().map().find(wanted.front().digest);
    const KeyGroup group = first_of_bucket(wanted, bucket);
    assert(!group.empty());
    batch.begin_add(table_.names().bucket(bucket).view(), ipset::Existing::kAccept);
    std::size_t count = 0;
    while (count < group.size() && append(pairs[group[count].index], group[count].digest, now))
      ++count;
    batch.end_elements();
    groups.push_back(wanted.first(count));
    wanted = wanted.subspan(count);
    if (count < group.size()) break;
  }
  return groups;
}

Result<void> TableBatchWriter::write_all(std::span<const KeyValue> pairs,
                                         const Backend::VisitWritten& visit) {
  if (auto checked = check_keys(pairs); !checked) return checked;
  Backoff backoff = table_.new_backoff();
  for (std::size_t first = 0; first < pairs.size(); first += kPairsAtOnce) {
    const auto some = pairs.subspan(first, std::min(kPairsAtOnce, pairs.size() - first));
    Backend::VisitWritten visit_some;
    if (visit)
      visit_some = [&](std::size_t index, const Result<void>& written) {
        visit(first + index, written);
      };
    if (auto written = write_some(some, visit_some, backoff); !written) return written;
  }
  return {};
}

Result<void> TableBatchWriter::write_singly(KeyGroup wanted, std::span<const KeyValue> pairs,
                                            const Backend::VisitWritten& visit) {
  for (const WantedKey& each : wanted) {
    assert(each.index < pairs.size());
    const KeyValue& pair = pairs[each.index];
    std::optional<format::Moment> deadline;
    if (pair.deadline) deadline = format::moment_of(*pair.deadline);
    Backoff backoff = table_.new_backoff();
    const auto written = writer_.write(pair.key, pair.value, deadline, backoff);
    if (auto reported = report(visit, each.index, written); !reported) return reported;
  }
  return {};
}

Result<void> TableBatchWriter::mark_if_needed(std::span<const KeyValue> pairs) {
  const bool needed =
      std::ranges::any_of(pairs, [](const KeyValue& pair) { return pair.deadline.has_value(); });
  if (!needed) return {};
  auto marked = table_.mark_deadlines();
  if (marked || marked.error().code != ErrorCode::kNoSuchSet) return marked;
  table_.forget();
  return {};
}

Result<void> TableBatchWriter::write_some(std::span<const KeyValue> pairs,
                                          const Backend::VisitWritten& visit, Backoff& backoff) {
  if (auto loaded = table_.load_or_make_head(backoff); !loaded) return loaded;
  const format::TableSecret secret = table_.head().secret;
  const std::vector<WantedKey> wanted = in_order_of_digests(table_, pairs);
  if (auto marked = mark_if_needed(pairs); !marked) return marked;
  KeyGroup rest = wanted;
  while (!rest.empty()) {
    // Another table in this one's place has other digests. A write over a long pair has to read.
    if (!table_.is_loaded() || table_.head().secret != secret || table_.head().has_long_pairs)
      return write_singly(rest, pairs, visit);
    const auto done = write_batch(rest, pairs, visit);
    if (!done) return tl::unexpected(done.error());
    schedule_.note_writes_to_all(*done, backoff);
    rest = rest.subspan(*done);
  }
  return {};
}

Result<std::size_t> TableBatchWriter::write_batch(KeyGroup wanted, std::span<const KeyValue> pairs,
                                                  const Backend::VisitWritten& visit) {
  const std::vector<KeyGroup> groups = queue_writes(wanted, pairs);
  ipset::Batch& batch = table_.batch();
  if (auto executed = table_.connection().execute(batch); !executed)
    return tl::unexpected(executed.error());
  assert(groups.size() == batch.size());
  std::vector<KeyGroup> failed;
  std::size_t done = 0;
  for (std::size_t command = 0; command < groups.size(); ++command) {
    done += groups[command].size();
    if (batch.code(command) != 0)
      failed.push_back(groups[command]);
    else if (visit)
      for (const WantedKey& each : groups[command]) visit(each.index, {});
  }
  // The pair at which the batch ends does not fit into it or into an element, or has expired.
  if (done == 0) failed.push_back(wanted.first(done = 1));
  for (const KeyGroup group : failed)
    if (auto written = write_singly(group, pairs, visit); !written)
      return tl::unexpected(written.error());
  return done;
}

Result<void> TableBatchWriter::remove_all(std::span<const std::string_view> keys,
                                          const Backend::VisitRemoved& visit) {
  if (auto checked = check_keys(keys); !checked) return checked;
  for (std::size_t first = 0; first < keys.size();) {
    const auto removed = remove_some(keys.subspan(first), [&](std::size_t index, bool was_there) {
      visit(first + index, was_there);
    });
    if (!removed) return tl::unexpected(removed.error());
    first += *removed;
  }
  return {};
}

Result<std::size_t> TableBatchWriter::remove_some(std::span<const std::string_view> keys,
                                                  const Backend::VisitRemoved& visit) {
  Backoff backoff = table_.new_backoff();
  const auto loaded = table_.load_head(backoff);
  if (!loaded) return tl::unexpected(loaded.error());
  if (*loaded)
    if (auto asked = table_.check_for_deadlines(); !asked) return tl::unexpected(asked.error());
  if (*loaded && !table_.head().has_deadlines && !table_.head().has_long_pairs) {
    const auto some = keys.first(std::min(keys.size(), ipset::Batch::kMaxCommands));
    if (auto removed = remove_batch(some, visit, backoff); !removed)
      return tl::unexpected(removed.error());
    return some.size();
  }
  for (std::size_t index = 0; index < keys.size(); ++index)
    if (auto removed = remove_one(keys[index], index, visit); !removed)
      return tl::unexpected(removed.error());
  return keys.size();
}

Result<void> TableBatchWriter::remove_one(std::string_view key, std::size_t index,
                                          const Backend::VisitRemoved& visit) {
  Backoff backoff = table_.new_backoff();
  const auto removed = writer_.remove(key, backoff);
  if (!removed) return tl::unexpected(removed.error());
  visit(index, *removed);
  return {};
}

Result<void> TableBatchWriter::remove_batch(std::span<const std::string_view> keys,
                                            const Backend::VisitRemoved& visit, Backoff& backoff) {
  ipset::Batch& batch = table_.batch();
  const BucketMap& map = table_.buckets().map();
  batch.clear();
  for (const std::string_view key : keys) {
    const format::Digest digest = table_.digest_of(key);
    batch.del(table_.names().bucket(map.find(digest)).view(), element_of(digest));
  }
  if (auto executed = table_.connection().execute(batch); !executed) return executed;
  assert(batch.size() == keys.size());
  std::vector<std::size_t> failed;
  for (std::size_t index = 0; index < keys.size(); ++index) {
    const std::int32_t code = batch.code(index);
    if (code == 0 || code == IPSET_ERR_EXIST)
      visit(index, code == 0);
    else
      failed.push_back(index);
  }
  schedule_.note_writes(map.find(table_.digest_of(keys.front())), backoff, keys.size());
  for (const std::size_t index : failed)
    if (auto removed = remove_one(keys[index], index, visit); !removed) return removed;
  return {};
}

}  // namespace ipsetkv::store
