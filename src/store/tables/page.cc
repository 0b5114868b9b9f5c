// SPDX-License-Identifier: MIT
#include "store/tables/page.h"

#include <algorithm>
#include <utility>

#include "store/tables/slot.h"

namespace ipsetkv::store {
namespace {

/// The first digest at this position.
format::Digest digest_at(Front front) {
  format::Digest digest{};
  for (std::size_t byte = 0; byte < sizeof(std::uint32_t); ++byte)
    digest[byte] = static_cast<std::byte>(front >> (kFrontBits - 8 * (byte + 1)));
  return digest;
}

/// The position behind all digests of the bucket.
Front front_behind(format::BucketNumber bucket) {
  const unsigned depth = format::depth_of(bucket);
  return (Front{bucket} + 1 - (Front{1} << depth)) << (kFrontBits - depth);
}

}  // namespace

KeyInfo describe(const format::TableNames& names, const Listed& listed,
                 format::BucketNumber bucket) {
  const bool is_long = !listed.long_set.empty();
  KeyInfo info;
  info.key = listed.key;
  info.set_name = is_long ? listed.long_set.view() : names.bucket(bucket).view();
  info.type = ipset::type_name(is_long ? ipset::SetType::kHashIpPort : format::kBucketType);
  info.layout = is_long ? "long pair" : "pair";
  info.elements = listed.elements;
  info.value_bytes = listed.value_bytes;
  info.kernel_memory = listed.kernel_memory;
  if (listed.deadline) info.deadline = format::deadline_of(*listed.deadline);
  return info;
}

Result<bool> PageReader::read_set(const ipset::SetName& bucket, Page& page) {
  page.keys.clear();
  page.is_torn = false;
  const format::Moment asked_at = table_.now();
  {
    auto listing = table_.connection().list(bucket.view(), ipset::ListMode::kElements);
    if (!listing) return tl::unexpected(listing.error());
    const auto header = bucket_in(*listing);
    if (!header) return tl::unexpected(header.error());
    if (*header == nullptr) return false;
    const std::uint64_t share =
        (*header)->memory_bytes / std::max<std::uint64_t>((*header)->elements.value_or(0), 1);
    for (;;) {
      const auto element = listing->next_element_view();
      if (!element) return tl::unexpected(element.error());
      if (*element == nullptr) break;
      take(**element, asked_at, page);
    }
    for (Listed& listed : page.keys) listed.kernel_memory = share;
  }
  if (auto completed = complete(page); !completed) return tl::unexpected(completed.error());
  return true;
}

void PageReader::take(const ipset::ElementView& element, format::Moment asked_at, Page& page) {
  if (element.comment.empty()) page.is_torn = true;
  const auto pair = decoder_.decode(element.comment);
  const auto digest = format::digest_of(element);
  if (!pair || !digest || (pair->deadline && *pair->deadline <= asked_at)) return;
  Listed& listed = page.keys.emplace_back();
  listed.digest = *digest;
  listed.key = pair->key;
  if (page.with_values) listed.value = pair->value;
  listed.value_bytes = pair->value.size();
  listed.long_set = pair->set;
  listed.deadline = pair->deadline;
}

Result<void> PageReader::complete(Page& page) {
  for (Listed& listed : page.keys) {
    if (listed.long_set.empty()) continue;
    Drawer drawer;
    auto key = table_.long_pairs().key_of(listed.long_set, drawer);
    if (!key) return tl::unexpected(key.error());
    if (!*key) {
      page.is_torn = true;
      continue;
    }
    listed.key = std::move(**key);
    listed.value_bytes = drawer.value_bytes;
    listed.elements = drawer.elements;
    listed.kernel_memory += drawer.memory_bytes;
  }
  std::erase_if(page.keys, [&](const Listed& listed) {
    return listed.key.empty() || table_.digest_of(listed.key) != listed.digest;
  });
  return {};
}

Result<bool> PageReader::read_unlocked(const format::Digest& digest, Page& page, Backoff& backoff) {
  Buckets::Search search(table_.buckets(), digest);
  for (;;) {
    page.bucket = search.bucket();
    const auto there = read_set(table_.names().bucket(page.bucket), page);
    if (!there) return there;
    if (*there) break;
    const auto more = search.next(backoff);
    if (!more || !*more) return more;
  }
  search.found();
  return true;
}

Result<bool> PageReader::read_under_lock(const format::Digest& digest, Page& page,
                                         Backoff& backoff) {
  const auto hold = table_.buckets().acquire(digest, backoff);
  if (!hold) return tl::unexpected(hold.error());
  if (!*hold) return false;
  page.bucket = (*hold)->bucket();
  return read_set((*hold)->name(), page);
}

Result<bool> PageReader::read(const format::Digest& digest, Page& page, Backoff& backoff) {
  const auto there = read_unlocked(digest, page, backoff);
  if (!there || !*there || !page.is_torn) return there;
  return read_under_lock(digest, page, backoff);
}

Result<bool> PageReader::next_of_loaded(Front& front, Page& page) {
  page.keys.clear();
  if (!table_.is_loaded() || front >= kEndOfDigests) return false;
  const format::Digest digest = digest_at(front);
  Backoff backoff = table_.new_backoff();
  const auto there = read(digest, page, backoff);
  if (!there) return there;
  if (!*there) {
    table_.forget();
    return false;
  }
  front = front_behind(page.bucket);
  // If buckets were merged since, this one begins before the position.
  std::erase_if(page.keys, [&](const Listed& listed) { return listed.digest < digest; });
  return true;
}

Result<bool> PageReader::next(Front& front, Page& page) {
  for (;;) {
    Backoff backoff = table_.new_backoff();
    if (const auto loaded = table_.load_head(backoff); !loaded || !*loaded) return loaded;
    const auto more = next_of_loaded(front, page);
    // If the loaded table is gone, another one may be in its place.
    if (!more || *more || front >= kEndOfDigests) return more;
  }
}

}  // namespace ipsetkv::store
