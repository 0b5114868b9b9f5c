// SPDX-License-Identifier: MIT

// Going through all keys of a table, bucket by bucket in the order of the digests. A place in that
// order stays what it is while buckets are halved and joined: whoever goes on at one meets every
// key that was there throughout, once, and keeps no more in memory than a bucket.

#include <algorithm>
#include <utility>
#include <vector>

#include "base/glob.h"
#include "format/key.h"
#include "format/moment.h"
#include "store/tables/table.h"

namespace ipsetkv::store {
namespace {

constexpr unsigned kFrontBits = 32;

bool is_at_end(std::uint64_t front) { return front >> kFrontBits != 0; }

/// The first digest with this front.
format::Digest digest_at(std::uint64_t front) {
  format::Digest digest{};
  for (std::size_t byte = 0; byte < sizeof(std::uint32_t); ++byte)
    digest[byte] = static_cast<std::byte>(front >> (kFrontBits - 8 * (byte + 1)));
  return digest;
}

/// The front behind those of the bucket.
std::uint64_t front_behind(format::BucketNumber bucket) {
  const unsigned depth = format::depth_of(bucket);
  return (std::uint64_t{bucket} + 1 - (std::uint64_t{1} << depth)) << (kFrontBits - depth);
}

}  // namespace

Result<bool> Table::read_page(const ipset::SetName& bucket, Page& page) {
  page.keys.clear();
  page.is_settled = true;
  const format::Moment asked_at = now();
  auto listing = connection_.list(bucket.view(), ipset::ListMode::kElements);
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
    take_listed(**element, asked_at, page);
  }
  for (Listed& listed : page.keys) listed.kernel_memory = share;
  if (auto completed = complete(page); !completed) return tl::unexpected(completed.error());
  return true;
}

void Table::take_listed(const ipset::ElementView& element, format::Moment asked_at, Page& page) {
  if (element.comment.empty()) page.is_settled = false;
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

Result<void> Table::complete(Page& page) {
  for (Listed& listed : page.keys) {
    if (listed.long_set.empty()) continue;
    Drawer drawer;
    auto key = long_pairs_.key_of(listed.long_set, drawer);
    if (!key) return tl::unexpected(key.error());
    if (!*key) {
      page.is_settled = false;
      continue;
    }
    listed.key = std::move(**key);
    listed.value_bytes = drawer.value_bytes;
    listed.elements = drawer.elements;
    listed.kernel_memory += drawer.memory_bytes;
  }
  std::erase_if(page.keys, [&](const Listed& listed) {
    return listed.key.empty() || digest_of(listed.key) != listed.digest;
  });
  return {};
}

Result<bool> Table::list_page(const format::Digest& digest, Page& page, Backoff& backoff) {
  Buckets::Search search(buckets_, digest);
  for (;;) {
    page.bucket = search.bucket();
    const auto there = read_page(buckets_.names().bucket(page.bucket), page);
    if (!there) return there;
    if (*there) break;
    const auto more = search.next(backoff);
    if (!more || !*more) return more;
  }
  search.found();
  return true;
}

Result<bool> Table::list_locked_page(const format::Digest& digest, Page& page, Backoff& backoff) {
  const auto bucket = buckets_.lock(digest, backoff);
  if (!bucket) return tl::unexpected(bucket.error());
  if (!*bucket) return false;
  page.bucket = **bucket;
  const auto there =
      read_page(buckets_.names().bucket(page.bucket, format::BucketState::kLocked), page);
  buckets_.open(page.bucket);
  return there;
}

Result<bool> Table::list_settled_page(const format::Digest& digest, Page& page, Backoff& backoff) {
  const auto there = list_page(digest, page, backoff);
  if (!there || !*there || page.is_settled) return there;
  return list_locked_page(digest, page, backoff);
}

Result<bool> Table::next_known_page(std::uint64_t& front, Page& page) {
  page.keys.clear();
  if (!head_ || is_at_end(front)) return false;
  const format::Digest digest = digest_at(front);
  Backoff backoff(connection_.environment(), timeout_);
  const auto there = list_settled_page(digest, page, backoff);
  if (!there) return there;
  if (!*there) {
    forget();
    return false;
  }
  front = front_behind(page.bucket);
  // A bucket that was joined begins before the place at which this one goes on.
  std::erase_if(page.keys, [&](const Listed& listed) { return listed.digest < digest; });
  return true;
}

Result<bool> Table::next_page(std::uint64_t& front, Page& page) {
  for (;;) {
    if (const auto known = know(false); !known || !*known) return known;
    const auto more = next_known_page(front, page);
    // Another table may be in the place of the one that was known.
    if (!more || *more || is_at_end(front)) return more;
  }
}

Result<void> Table::for_each(std::string_view pattern,
                             const std::function<void(const KeyInfo&)>& visit) {
  Page page;
  std::uint64_t front = 0;
  for (;;) {
    const auto more = next_page(front, page);
    if (!more) return tl::unexpected(more.error());
    if (!*more) return {};
    for (const Listed& listed : page.keys)
      if (glob_matches(pattern, listed.key)) visit(describe(listed, page.bucket));
  }
}

Result<ScanPage> Table::scan(std::uint64_t cursor, std::string_view pattern, std::size_t count) {
  ScanPage scanned;
  Page page;
  std::uint64_t front = cursor;
  std::size_t seen = 0;
  do {
    const auto more = next_page(front, page);
    if (!more) return tl::unexpected(more.error());
    if (!*more) return scanned;
    for (Listed& listed : page.keys)
      if (glob_matches(pattern, listed.key)) scanned.keys.push_back(std::move(listed.key));
    seen += std::max<std::size_t>(page.keys.size(), 1);
  } while (seen < count && !is_at_end(front));
  scanned.next_cursor = is_at_end(front) ? 0 : front;
  return scanned;
}

KeyInfo Table::describe(const Listed& listed, format::BucketNumber bucket) const {
  const bool is_long = !listed.long_set.empty();
  KeyInfo info;
  info.key = listed.key;
  info.set_name = is_long ? listed.long_set.view() : buckets_.names().bucket(bucket).view();
  info.type = ipset::type_name(is_long ? ipset::SetType::kHashIpPort : format::kBucketType);
  info.layout = is_long ? "long pair" : "pair";
  info.elements = listed.elements;
  info.value_bytes = listed.value_bytes;
  info.kernel_memory = listed.kernel_memory;
  if (listed.deadline) info.deadline = format::deadline_of(*listed.deadline);
  return info;
}

Result<std::optional<KeyInfo>> Table::info(std::string_view key) {
  if (auto checked = format::check_key(key); !checked) return tl::unexpected(checked.error());
  Backoff backoff(connection_.environment(), timeout_);
  Page page;
  for (;;) {
    const auto known = know(false);
    if (!known) return tl::unexpected(known.error());
    if (!*known) return std::nullopt;
    const auto there = list_settled_page(digest_of(key), page, backoff);
    if (!there) return tl::unexpected(there.error());
    if (*there) break;
    forget();
  }
  const auto listed = std::ranges::find(page.keys, key, &Listed::key);
  if (listed == page.keys.end()) return std::nullopt;
  return describe(*listed, page.bucket);
}

}  // namespace ipsetkv::store
