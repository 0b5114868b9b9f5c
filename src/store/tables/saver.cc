// SPDX-License-Identifier: MIT
#include "store/tables/saver.h"

#include <algorithm>

#include "format/bucket_form.h"
#include "format/key.h"
#include "format/moment.h"
#include "store/drawers/drawers.h"

namespace ipsetkv::store {
namespace {

constexpr format::SetShape kShape{.type = format::kBucketType, .family = format::kBucketFamily};

/// The largest bucket that begins at `front` and ends at `end` or before.
format::BucketNumber largest_bucket(Front front, Front end) {
  for (unsigned depth = 0;; ++depth) {
    const unsigned rest = kFrontBits - depth;
    const Front width = Front{1} << rest;
    if (front % width == 0 && front + width <= end)
      return static_cast<format::BucketNumber>((Front{1} << depth) + (front >> rest));
  }
}

ipset::Element mark_element(format::TableMark mark, format::Moment set_at) {
  ipset::Element element;
  element.ip = format::address_of(mark);
  element.comment = std::string_view(format::comment_of(mark, set_at));
  return element;
}

}  // namespace

Result<void> TableSaver::save_head(format::ArchiveWriter& archive) {
  archive.begin_set(table_.names().head().view(), kShape, format::head_options());
  const TableHead& head = table_.head();
  ipset::Element element;
  element.ip = head.secret.address();
  element.comment = format::kTableForm;
  if (auto written = archive.put(element); !written) return written;
  const auto put_mark = [&](format::TableMark mark, std::optional<format::Moment> since) {
    return archive.put(mark_element(mark, since.value_or(table_.now())));
  };
  if (head.has_deadlines)
    if (auto put = put_mark(format::TableMark::kDeadlines, head.deadlines_since); !put) return put;
  if (head.has_long_pairs)
    if (auto put = put_mark(format::TableMark::kLongPairs, head.long_pairs_since); !put) return put;
  archive.end_set();
  return {};
}

Result<void> TableSaver::save_long_pair(format::ArchiveWriter& archive, Listed& listed) {
  Drawer drawer;
  const auto content = table_.long_pairs().read(listed.long_set, listed.key, &value_, drawer);
  if (!content) return tl::unexpected(content.error());
  if (*content != Content::kValue)
    if (auto found = read_again(listed); !found) return found;
  if (listed.long_set.empty()) return {};
  const auto saved = format::content_of(format::place_at(listed.long_set, listed.key), value_,
                                        Layout::kAuto, listed.deadline, table_.now());
  if (!saved) return tl::unexpected(saved.error());
  return archive.add(listed.long_set.view(), *saved);
}

Result<void> TableSaver::read_again(Listed& listed) {
  Backoff backoff = table_.new_backoff();
  for (;;) {
    const auto slot = reader_.find(listed.key, &value_, backoff);
    if (!slot) return tl::unexpected(slot.error());
    if (*slot && (*slot)->needs_lock() && backoff.wait()) continue;
    if (!*slot || !(*slot)->is_present()) {
      listed.key.clear();
      listed.long_set.clear();
      return {};
    }
    listed.long_set = (*slot)->long_set;
    listed.deadline = (*slot)->deadline;
    if (listed.long_set.empty()) listed.value = value_;
    return {};
  }
}

Result<void> TableSaver::save_buckets(format::ArchiveWriter& archive, Front begin, Front end,
                                      const Page& page) {
  for (Front front = begin; front < end;) {
    const format::BucketNumber bucket = largest_bucket(front, end);
    if (auto saved = save_bucket(archive, bucket, page); !saved) return saved;
    front += Front{1} << (kFrontBits - format::depth_of(bucket));
  }
  return {};
}

Result<void> TableSaver::save_bucket(format::ArchiveWriter& archive, format::BucketNumber bucket,
                                     const Page& page) {
  archive.begin_set(table_.names().bucket(bucket).view(), kShape, format::bucket_options(bucket));
  for (const Listed& listed : page.keys) {
    if (!format::belongs_to(listed.digest, bucket)) continue;
    ipset::Element element;
    element.ip = format::address_of(listed.digest);
    element.timeout = listed.deadline ? format::timeout_until(*listed.deadline, table_.now()) : 0;
    (void)format::encode_pair({.key = listed.key,
                               .value = listed.value,
                               .set = listed.long_set,
                               .deadline = listed.deadline},
                              element.comment);
    if (auto written = archive.put(element); !written) return written;
  }
  archive.end_set();
  return {};
}

Result<void> TableSaver::save_index(format::ArchiveWriter& archive, const Digests& long_pairs) {
  archive.begin_set(table_.names().long_index().view(), kShape, format::index_options());
  for (const format::Digest& digest : long_pairs) {
    ipset::Element element;
    element.ip = format::address_of(digest);
    if (auto written = archive.put(element); !written) return written;
  }
  archive.end_set();
  return {};
}

Result<std::uint64_t> TableSaver::save(
    const std::function<Result<void>(std::string_view text)>& write) {
  format::ArchiveWriter archive(write);
  // The marks that were loaded may not be all of them.
  table_.forget();
  Backoff backoff = table_.new_backoff();
  const auto loaded = table_.load_head(backoff);
  if (!loaded) return tl::unexpected(loaded.error());
  if (!*loaded) return archive.finish();
  if (auto saved = save_head(archive); !saved) return tl::unexpected(saved.error());
  Digests long_pairs;
  const auto keys = save_pages(archive, long_pairs);
  if (!keys) return keys;
  if (auto saved = save_index(archive, long_pairs); !saved) return tl::unexpected(saved.error());
  if (const auto finished = archive.finish(); !finished) return finished;
  return keys;
}

Result<std::uint64_t> TableSaver::save_pages(format::ArchiveWriter& archive, Digests& long_pairs) {
  std::uint64_t keys = 0;
  Page page{.with_values = true};
  for (Front front = 0;;) {
    const Front begin = front;
    const auto more = pages_.next_of_loaded(front, page);
    if (!more) return tl::unexpected(more.error());
    if (!*more && !table_.is_loaded()) return tl::unexpected(table_.gone());
    if (!*more) return keys;
    if (auto saved = save_long_pairs(archive, page, long_pairs); !saved)
      return tl::unexpected(saved.error());
    if (auto saved = save_buckets(archive, begin, front, page); !saved)
      return tl::unexpected(saved.error());
    keys += page.keys.size();
  }
}

Result<void> TableSaver::save_long_pairs(format::ArchiveWriter& archive, Page& page,
                                         Digests& long_pairs) {
  for (Listed& listed : page.keys) {
    if (listed.long_set.empty()) continue;
    if (auto saved = save_long_pair(archive, listed); !saved) return saved;
    if (!listed.long_set.empty()) long_pairs.push_back(listed.digest);
  }
  std::erase_if(page.keys, [](const Listed& listed) { return listed.key.empty(); });
  return {};
}

}  // namespace ipsetkv::store
