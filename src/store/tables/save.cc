// SPDX-License-Identifier: MIT

// Saving a table: its head, its buckets one by one, each behind the drawers of its long pairs, and
// the index of these. What is written is a whole table, so that stock `ipset restore` makes one of
// it, although others may halve and join buckets meanwhile: the buckets in the text are as many as
// it takes to cover each place in the order of digests once.

#include <algorithm>

#include "format/archive_writer.h"
#include "format/bucket_form.h"
#include "format/key.h"
#include "format/moment.h"
#include "store/drawers/drawers.h"
#include "store/tables/table.h"

namespace ipsetkv::store {
namespace {

constexpr format::SetShape kShape{.type = format::kBucketType, .family = format::kBucketFamily};
constexpr unsigned kFrontBits = 32;

/// The largest bucket that begins at `front` and ends at `end` or before.
format::BucketNumber largest_bucket(std::uint64_t front, std::uint64_t end) {
  for (unsigned depth = 0;; ++depth) {
    const unsigned rest = kFrontBits - depth;
    const std::uint64_t width = std::uint64_t{1} << rest;
    if (front % width == 0 && front + width <= end)
      return static_cast<format::BucketNumber>((std::uint64_t{1} << depth) + (front >> rest));
  }
}

ipset::Element mark_element(format::TableMark mark, format::Moment set_at) {
  ipset::Element element;
  element.ip = format::address_of(mark);
  element.comment = std::string_view(format::comment_of(mark, set_at));
  return element;
}

}  // namespace

Result<void> Table::save_head(format::ArchiveWriter& archive) {
  archive.begin_set(buckets_.names().head().view(), kShape, format::head_options());
  ipset::Element element;
  element.ip = head_->secret.address();
  element.comment = format::kTableForm;
  if (auto written = archive.put(element); !written) return written;
  const auto put_mark = [&](format::TableMark mark) {
    return archive.put(mark_element(mark, head_->deadlines_since.value_or(now())));
  };
  if (head_->has_deadlines)
    if (auto written = put_mark(format::TableMark::kDeadlines); !written) return written;
  if (head_->has_long_pairs)
    if (auto written = put_mark(format::TableMark::kLongPairs); !written) return written;
  archive.end_set();
  return {};
}

Result<void> Table::save_long_pair(format::ArchiveWriter& archive, Listed& listed) {
  Drawer drawer;
  const auto content = long_pairs_.read(listed.long_set, listed.key, &moved_, drawer);
  if (!content) return tl::unexpected(content.error());
  if (*content != Content::kValue)
    if (auto found = find_again(listed); !found) return found;
  if (listed.long_set.empty()) return {};
  const auto saved = format::content_of(format::place_at(listed.long_set, listed.key), moved_,
                                        Layout::kAuto, listed.deadline, now());
  if (!saved) return tl::unexpected(saved.error());
  return archive.add(listed.long_set.view(), *saved);
}

Result<void> Table::find_again(Listed& listed) {
  Backoff backoff(connection_.environment(), timeout_);
  for (;;) {
    const auto slot = find(listed.key, &moved_, backoff);
    if (!slot) return tl::unexpected(slot.error());
    if (*slot && (*slot)->is_doubtful() && backoff.wait()) continue;
    if (!*slot || !(*slot)->is_present()) {
      listed.key.clear();
      listed.long_set.clear();
      return {};
    }
    listed.long_set = (*slot)->long_set;
    listed.deadline = (*slot)->deadline;
    if (listed.long_set.empty()) listed.value = moved_;
    return {};
  }
}

Result<void> Table::save_buckets(format::ArchiveWriter& archive, std::uint64_t begin,
                                 std::uint64_t end, const Page& page) {
  for (std::uint64_t place = begin; place < end;) {
    const format::BucketNumber bucket = largest_bucket(place, end);
    if (auto saved = save_bucket(archive, bucket, page); !saved) return saved;
    place += std::uint64_t{1} << (kFrontBits - format::depth_of(bucket));
  }
  return {};
}

Result<void> Table::save_bucket(format::ArchiveWriter& archive, format::BucketNumber bucket,
                                const Page& page) {
  archive.begin_set(buckets_.names().bucket(bucket).view(), kShape, format::bucket_options(bucket));
  for (const Listed& listed : page.keys) {
    if (!format::belongs_to(listed.digest, bucket)) continue;
    ipset::Element element;
    element.ip = format::address_of(listed.digest);
    element.timeout = listed.deadline ? format::timeout_until(*listed.deadline, now()) : 0;
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

Result<void> Table::save_index(format::ArchiveWriter& archive,
                               const std::vector<format::Digest>& long_pairs) {
  archive.begin_set(buckets_.names().long_index().view(), kShape, format::index_options());
  for (const format::Digest& digest : long_pairs) {
    ipset::Element element;
    element.ip = format::address_of(digest);
    if (auto written = archive.put(element); !written) return written;
  }
  archive.end_set();
  return {};
}

Result<std::uint64_t> Table::save(const std::function<Result<void>(std::string_view text)>& write) {
  format::ArchiveWriter archive(write);
  const auto known = know(false);
  if (!known) return tl::unexpected(known.error());
  if (!*known) return archive.finish();
  // The marks of a moment ago may not be all of them.
  forget();
  if (const auto again = know(false); !again || !*again)
    return again ? archive.finish() : tl::unexpected(again.error());
  if (auto saved = save_head(archive); !saved) return tl::unexpected(saved.error());
  std::vector<format::Digest> long_pairs;
  const auto keys = save_pages(archive, long_pairs);
  if (!keys) return keys;
  if (auto saved = save_index(archive, long_pairs); !saved) return tl::unexpected(saved.error());
  if (const auto finished = archive.finish(); !finished) return finished;
  return keys;
}

Result<std::uint64_t> Table::save_pages(format::ArchiveWriter& archive,
                                        std::vector<format::Digest>& long_pairs) {
  std::uint64_t keys = 0;
  Page page{.with_values = true};
  for (std::uint64_t front = 0;;) {
    const std::uint64_t begin = front;
    const auto more = next_known_page(front, page);
    if (!more) return tl::unexpected(more.error());
    if (!*more && !head_)
      return tl::unexpected(
          Error{.code = ErrorCode::kNoSuchSet, .step = Step::kList}.about(table()));
    if (!*more) return keys;
    if (auto saved = save_page(archive, page, long_pairs); !saved)
      return tl::unexpected(saved.error());
    if (auto saved = save_buckets(archive, begin, front, page); !saved)
      return tl::unexpected(saved.error());
    keys += page.keys.size();
  }
}

Result<void> Table::save_page(format::ArchiveWriter& archive, Page& page,
                              std::vector<format::Digest>& long_pairs) {
  for (Listed& listed : page.keys) {
    if (listed.long_set.empty()) continue;
    if (auto saved = save_long_pair(archive, listed); !saved) return saved;
    if (!listed.long_set.empty()) long_pairs.push_back(listed.digest);
  }
  std::erase_if(page.keys, [](const Listed& listed) { return listed.key.empty(); });
  return {};
}

}  // namespace ipsetkv::store
