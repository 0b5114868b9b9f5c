// SPDX-License-Identifier: MIT
#include "store/tables/lister.h"

#include <algorithm>
#include <utility>

#include "base/glob.h"

namespace ipsetkv::store {

Result<void> TableLister::for_each(std::string_view pattern,
                                   const std::function<void(const KeyInfo&)>& visit) {
  Page page;
  Front front = 0;
  for (;;) {
    const auto more = pages_.next(front, page);
    if (!more) return tl::unexpected(more.error());
    if (!*more) return {};
    for (const Listed& listed : page.keys)
      if (glob_matches(pattern, listed.key)) visit(describe(table_.names(), listed, page.bucket));
  }
}

Result<ScanPage> TableLister::scan(std::uint64_t cursor, std::string_view pattern,
                                   std::size_t count) {
  ScanPage scanned;
  Page page;
  Front front = cursor;
  std::size_t seen = 0;
  do {
    const auto more = pages_.next(front, page);
    if (!more) return tl::unexpected(more.error());
    if (!*more) return scanned;
    for (Listed& listed : page.keys)
      if (glob_matches(pattern, listed.key)) scanned.keys.push_back(std::move(listed.key));
    seen += std::max<std::size_t>(page.keys.size(), 1);
  } while (seen < count && front < kEndOfDigests);
  scanned.next_cursor = front < kEndOfDigests ? front : 0;
  return scanned;
}

}  // namespace ipsetkv::store
