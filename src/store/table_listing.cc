// SPDX-License-Identifier: MIT

// Going through all keys of a table, bucket by bucket in the order of the digests. A place in that
// order stays what it is while buckets are halved and joined: whoever goes on at one meets every
// key that was there throughout, once, and keeps no more in memory than a bucket.

#include <algorithm>
#include <utility>
#include <vector>

#include "store/clock.h"
#include "store/glob.h"
#include "store/table.h"

namespace ipsetkv::store {
namespace {

constexpr unsigned kFrontBits = 32;

/// The first digest with this front.
layout::Digest digest_at(std::uint64_t front) {
  layout::Digest digest{};
  for (std::size_t byte = 0; byte < sizeof(std::uint32_t); ++byte)
    digest[byte] = static_cast<std::byte>(front >> (kFrontBits - 8 * (byte + 1)));
  return digest;
}

/// The front behind those of the bucket.
std::uint64_t front_behind(BucketNumber bucket) {
  const unsigned depth = depth_of(bucket);
  return (std::uint64_t{bucket} + 1 - (std::uint64_t{1} << depth)) << (kFrontBits - depth);
}

}  // namespace

Result<bool> Table::read_page(const ipset::SetName& bucket, std::vector<Listed>& page) {
  auto listing = connection_.list(bucket.view(), ipset::ListMode::kElements);
  if (!listing) return tl::unexpected(listing.error());
  const auto header = listing->next_set();
  if (!header) {
    if (header.error().code == ErrorCode::kNoSuchSet) return false;
    return tl::unexpected(header.error());
  }
  if (*header == nullptr) return false;
  for (;;) {
    const auto element = listing->next_element_view();
    if (!element) return tl::unexpected(element.error());
    if (*element == nullptr) return true;
    const auto pair = decoder_.decode((*element)->comment);
    const auto digest = layout::digest_of(**element);
    if (!pair || !digest || (pair->deadline && *pair->deadline <= now_ms())) continue;
    page.push_back({.digest = *digest,
                    .key = std::string(pair->key),
                    .value_bytes = pair->value.size(),
                    .key_bytes = pair->key_bytes,
                    .long_set = pair->set,
                    .deadline = pair->deadline});
  }
}

/// Reads the keys of long pairs, and leaves out those that have gone.
Result<void> Table::complete(std::vector<Listed>& page) {
  for (Listed& listed : page) {
    if (listed.long_set.empty()) continue;
    Drawer drawer;
    const auto content = long_reader_.read(place_at(listed.long_set), &long_pair_, drawer);
    if (!content) return tl::unexpected(content.error());
    if (*content != Content::kValue || listed.key_bytes > long_pair_.size()) continue;
    listed.key.assign(long_pair_, 0, listed.key_bytes);
    listed.value_bytes = long_pair_.size() - listed.key_bytes;
  }
  std::erase_if(page, [&](const Listed& listed) {
    return listed.key.empty() || head_->secret.digest(listed.key) != listed.digest;
  });
  return {};
}

Result<bool> Table::next_page(std::uint64_t& front, std::vector<Listed>& page) {
  Patience patience(timeout_);
  page.clear();
  const auto known = know(false);
  if (!known) return tl::unexpected(known.error());
  if (!*known || front >> kFrontBits != 0) return false;
  const layout::Digest digest = digest_at(front);
  Buckets::Search search(buckets_, digest);
  for (;;) {
    const auto read = read_page(buckets_.names().bucket(search.bucket()), page);
    if (!read) return tl::unexpected(read.error());
    if (*read) break;
    const auto more = search.next(patience);
    if (!more) return tl::unexpected(more.error());
    if (!*more) {
      forget();
      return false;
    }
  }
  search.found();
  // A bucket that was joined begins before the place at which this one goes on.
  std::erase_if(page, [&](const Listed& listed) { return listed.digest < digest; });
  front = front_behind(search.bucket());
  if (auto completed = complete(page); !completed) return tl::unexpected(completed.error());
  return true;
}

Result<void> Table::for_each(std::string_view pattern,
                             const std::function<void(const KeyInfo&)>& visit) {
  std::vector<Listed> page;
  std::uint64_t front = 0;
  for (;;) {
    const auto more = next_page(front, page);
    if (!more) return tl::unexpected(more.error());
    if (!*more) return {};
    for (const Listed& listed : page)
      if (glob_matches(pattern, listed.key)) visit(describe(listed));
  }
}

Result<ScanPage> Table::scan(std::uint64_t cursor, std::string_view pattern, std::size_t count) {
  ScanPage scanned;
  std::vector<Listed> page;
  std::uint64_t front = cursor;
  std::size_t seen = 0;
  for (;;) {
    const auto more = next_page(front, page);
    if (!more) return tl::unexpected(more.error());
    if (!*more) return scanned;
    for (Listed& listed : page)
      if (glob_matches(pattern, listed.key)) scanned.keys.push_back(std::move(listed.key));
    seen += std::max<std::size_t>(page.size(), 1);
    if (seen < count && front >> kFrontBits == 0) continue;
    scanned.next_cursor = front >> kFrontBits == 0 ? front : 0;
    return scanned;
  }
}

KeyInfo Table::describe(const Listed& listed) const {
  const bool is_long = !listed.long_set.empty();
  const BucketNumber bucket = buckets_.map().find(listed.digest);
  KeyInfo info;
  info.key = listed.key;
  info.set_name = is_long ? listed.long_set.view() : buckets_.names().bucket(bucket).view();
  info.type = ipset::type_name(kBucketType);
  info.layout = is_long ? "long pair" : "pair";
  info.elements = 1;
  info.value_bytes = listed.value_bytes;
  if (listed.deadline) info.deadline = from_ms(*listed.deadline);
  return info;
}

Result<std::optional<KeyInfo>> Table::info(std::string_view key) {
  Patience patience(timeout_);
  const auto present = read(key, nullptr);
  if (!present) return tl::unexpected(present.error());
  if (!*present) return std::nullopt;
  Listed listed;
  listed.key = key;
  listed.digest = head_->secret.digest(key);
  listed.value_bytes = (*present)->value_bytes;
  listed.deadline = (*present)->deadline;
  return describe(listed);
}

}  // namespace ipsetkv::store
