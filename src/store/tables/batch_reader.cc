// SPDX-License-Identifier: MIT
#include "store/tables/batch_reader.h"

#include <cassert>

namespace ipsetkv::store {

void TableBatchReader::take(const ipset::ElementView& element, KeyGroup wanted,
                            std::span<const std::string_view> keys,
                            const Backend::VisitValue& visit, Seen& seen) {
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (!format::has_digest(element, wanted[i].digest)) continue;
    assert(wanted[i].index < keys.size());
    Slot slot;
    slots_.take(element, keys[wanted[i].index], &seen.value, slot);
    if (!slot.there && !slot.torn) continue;
    seen.met[i] = true;
    if (slot.torn || slot.expired || slot.is_long())
      seen.unsure.push_back(i);
    else
      visit(wanted[i].index, seen.value);
  }
}

Result<bool> TableBatchReader::list_bucket(KeyGroup wanted, format::BucketNumber bucket,
                                           std::span<const std::string_view> keys,
                                           const Backend::VisitValue& visit, Seen& seen) {
  auto listing =
      table_.connection().list(table_.names().bucket(bucket).view(), ipset::ListMode::kElements);
  if (!listing) return tl::unexpected(listing.error());
  const auto header = bucket_in(*listing);
  if (!header) return tl::unexpected(header.error());
  if (*header == nullptr) return false;
  for (;;) {
    const auto element = listing->next_element_view();
    if (!element) return tl::unexpected(element.error());
    if (*element == nullptr) return true;
    take(**element, wanted, keys, visit, seen);
  }
}

Result<bool> TableBatchReader::read_bucket(KeyGroup wanted, format::BucketNumber bucket,
                                           std::span<const std::string_view> keys,
                                           const Backend::VisitValue& visit) {
  Seen seen{.met = std::vector<bool>(wanted.size()), .unsure = {}, .value = {}};
  const auto listed = list_bucket(wanted, bucket, keys, visit, seen);
  if (!listed || !*listed) return listed;
  for (std::size_t i = 0; i < wanted.size(); ++i)
    if (!seen.met[i]) visit(wanted[i].index, std::nullopt);
  for (const std::size_t i : seen.unsure)
    if (auto read = read_one(wanted[i].index, keys[wanted[i].index], visit); !read)
      return tl::unexpected(read.error());
  return true;
}

Result<void> TableBatchReader::read_one(std::size_t index, std::string_view key,
                                        const Backend::VisitValue& visit) {
  std::string value;
  Backoff backoff = table_.new_backoff();
  const auto present = reader_.read(key, &value, backoff);
  if (!present) return tl::unexpected(present.error());
  visit(index, *present ? std::optional<std::string_view>(value) : std::nullopt);
  return {};
}

Result<void> TableBatchReader::read_singly(KeyGroup wanted, std::span<const std::string_view> keys,
                                           const Backend::VisitValue& visit) {
  for (const WantedKey& each : wanted)
    if (auto read = read_one(each.index, keys[each.index], visit); !read) return read;
  return {};
}

Result<void> TableBatchReader::read_all(std::span<const std::string_view> keys,
                                        const Backend::VisitValue& visit) {
  if (auto checked = check_keys(keys); !checked) return checked;
  Backoff backoff = table_.new_backoff();
  const auto loaded = table_.load_head(backoff);
  if (!loaded) return tl::unexpected(loaded.error());
  if (!*loaded) {
    for (std::size_t index = 0; index < keys.size(); ++index) visit(index, std::nullopt);
    return {};
  }
  const format::TableSecret secret = table_.head().secret;
  const std::vector<WantedKey> wanted = in_order_of_digests(table_, keys);
  KeyGroup rest = wanted;
  while (!rest.empty()) {
    // Another table in this one's place has other digests.
    if (!table_.is_loaded() || table_.head().secret != secret)
      return read_singly(rest, keys, visit);
    const format::BucketNumber bucket = table_.buckets().map().find(rest.front().digest);
    const KeyGroup group = first_of_bucket(rest, bucket);
    const auto there = read_bucket(group, bucket, keys, visit);
    if (!there) return tl::unexpected(there.error());
    if (!*there)
      if (auto read = read_singly(group, keys, visit); !read) return read;
    rest = rest.subspan(group.size());
  }
  return {};
}

}  // namespace ipsetkv::store
