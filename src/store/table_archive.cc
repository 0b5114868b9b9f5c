// SPDX-License-Identifier: MIT

// Saving a table: its head, its buckets one by one, each behind the drawers of its long pairs, and
// the index of these. What is written is a whole table, so that stock `ipset restore` makes one of
// it, although others may halve and join buckets meanwhile: the buckets in the text are as many as
// it takes to cover each place in the order of digests once.

#include <algorithm>

#include "store/archive_writer.h"
#include "store/bucket_form.h"
#include "store/clock.h"
#include "store/drawers.h"
#include "store/key.h"
#include "store/table.h"

namespace ipsetkv::store {
namespace {

constexpr layout::SetShape kShape{.type = kBucketType, .family = kBucketFamily};
constexpr unsigned kFrontBits = 32;

/// The largest bucket that begins at `front` and ends at `end` or before.
BucketNumber largest_bucket(std::uint64_t front, std::uint64_t end) {
  for (unsigned depth = 0;; ++depth) {
    const unsigned rest = kFrontBits - depth;
    const std::uint64_t width = std::uint64_t{1} << rest;
    if (front % width == 0 && front + width <= end)
      return static_cast<BucketNumber>((std::uint64_t{1} << depth) + (front >> rest));
  }
}

ipset::Element mark_element(TableMark mark) {
  ipset::Element element;
  element.ip = address_of(mark);
  element.comment = comment_of(mark);
  return element;
}

}  // namespace

Result<void> Table::save_head(ArchiveWriter& archive) {
  archive.begin_set(buckets_.names().head().view(), kShape, head_options());
  ipset::Element element;
  element.ip = head_->secret.address();
  element.comment = kTableForm;
  if (auto written = archive.put(element); !written) return written;
  if (head_->has_deadlines)
    if (auto written = archive.put(mark_element(TableMark::kDeadlines)); !written) return written;
  if (head_->has_long_pairs)
    if (auto written = archive.put(mark_element(TableMark::kLongPairs)); !written) return written;
  archive.end_set();
  return {};
}

Result<bool> Table::save_long_pair(ArchiveWriter& archive, const Listed& listed) {
  Drawer drawer;
  const auto content = long_pairs_.read(listed.long_set, listed.key, &moved_, drawer);
  if (!content) return tl::unexpected(content.error());
  if (*content != Content::kValue) return false;
  const auto saved = content_of(place_at(listed.long_set, listed.key), moved_,
                                layout_of(drawer.kind), drawer.deadline);
  if (!saved) return tl::unexpected(saved.error());
  if (auto added = archive.add(listed.long_set.view(), *saved); !added)
    return tl::unexpected(added.error());
  return true;
}

Result<void> Table::save_bucket(ArchiveWriter& archive, BucketNumber bucket, const Page& page) {
  archive.begin_set(buckets_.names().bucket(bucket).view(), kShape, bucket_options(bucket));
  for (const Listed& listed : page.keys) {
    if (!belongs_to(listed.digest, bucket)) continue;
    ipset::Element element;
    element.ip = layout::address_of(listed.digest);
    element.timeout = listed.deadline ? life_until(*listed.deadline, now_ms()) : 0;
    (void)layout::encode_pair({.key = listed.key,
                               .value = listed.value,
                               .set = listed.long_set,
                               .deadline = listed.deadline},
                              element.comment);
    if (auto written = archive.put(element); !written) return written;
  }
  archive.end_set();
  return {};
}

Result<void> Table::save_index(ArchiveWriter& archive,
                               const std::vector<layout::Digest>& long_pairs) {
  archive.begin_set(buckets_.names().long_index().view(), kShape, index_options());
  for (const layout::Digest& digest : long_pairs) {
    ipset::Element element;
    element.ip = layout::address_of(digest);
    if (auto written = archive.put(element); !written) return written;
  }
  archive.end_set();
  return {};
}

Result<std::uint64_t> Table::save(const std::function<Result<void>(std::string_view text)>& write) {
  ArchiveWriter archive(write);
  const auto known = know(false);
  if (!known) return tl::unexpected(known.error());
  if (!*known) return archive.finish();
  // The marks of a moment ago may not be all of them.
  forget();
  if (const auto again = know(false); !again || !*again)
    return again ? archive.finish() : tl::unexpected(again.error());
  if (auto saved = save_head(archive); !saved) return tl::unexpected(saved.error());
  std::uint64_t keys = 0;
  std::vector<layout::Digest> long_pairs;
  Page page{.with_values = true};
  for (std::uint64_t front = 0;;) {
    const std::uint64_t begin = front;
    const auto more = next_page(front, page);
    if (!more) return tl::unexpected(more.error());
    if (!*more) break;
    if (auto saved = save_page(archive, page, long_pairs); !saved)
      return tl::unexpected(saved.error());
    for (std::uint64_t place = begin; place < front;) {
      const BucketNumber bucket = largest_bucket(place, front);
      if (auto saved = save_bucket(archive, bucket, page); !saved)
        return tl::unexpected(saved.error());
      place += std::uint64_t{1} << (kFrontBits - depth_of(bucket));
    }
    keys += page.keys.size();
  }
  if (auto saved = save_index(archive, long_pairs); !saved) return tl::unexpected(saved.error());
  if (const auto finished = archive.finish(); !finished) return finished;
  return keys;
}

Result<void> Table::save_page(ArchiveWriter& archive, Page& page,
                              std::vector<layout::Digest>& long_pairs) {
  for (Listed& listed : page.keys) {
    if (listed.long_set.empty()) continue;
    const auto saved = save_long_pair(archive, listed);
    if (!saved) return tl::unexpected(saved.error());
    // It has gone since the bucket was listed.
    if (!*saved) listed.key.clear();
    if (*saved) long_pairs.push_back(listed.digest);
  }
  std::erase_if(page.keys, [](const Listed& listed) { return listed.key.empty(); });
  return {};
}

}  // namespace ipsetkv::store
