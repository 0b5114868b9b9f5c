// SPDX-License-Identifier: MIT
#include "store/tables/long_pairs.h"

#include "format/key.h"
#include "ipset/protocol.h"
#include "store/drawers/drawers.h"
#include "store/tables/open_table.h"

namespace ipsetkv::store {
namespace {

constexpr std::size_t kBatchBytes = 512;

}  // namespace

LongPairs::LongPairs(ipset::Connection& connection, const format::TableNames& names,
                     std::chrono::milliseconds timeout)
    : connection_(connection),
      names_(names),
      reader_(connection),
      writer_(connection, reader_, timeout),
      batch_(connection.new_batch(kBatchBytes)) {}

Result<ipset::SetName> LongPairs::write(std::string_view key, std::string_view value,
                                        std::optional<format::Moment> deadline) {
  // A former owner of this port id may have left some.
  ipset::SetName set;
  for (;;) {
    set = names_.long_pair(next_++);
    const auto taken = connection_.header(set.view());
    if (!taken) return tl::unexpected(taken.error());
    if (!*taken) break;
  }
  const format::Place place = format::place_at(set, key);
  const auto content = format::content_of(place, value, Layout::kAuto, deadline,
                                          format::now(connection_.environment()));
  if (!content) return tl::unexpected(content.error());
  if (auto written = writer_.write(place, *content); !written)
    return tl::unexpected(written.error().about(key));
  return set;
}

Result<Content> LongPairs::read(const ipset::SetName& set, std::string_view key, std::string* value,
                                Drawer& drawer) {
  // Such a set is never written again, so its reader needs no lock.
  return reader_.read_raw(format::place_at(set, key), value, drawer);
}

Result<std::optional<std::string>> LongPairs::key_of(const ipset::SetName& set, Drawer& drawer) {
  return reader_.key_of(set, drawer);
}

void LongPairs::destroy(const ipset::SetName& set) {
  batch_.clear();
  batch_.destroy(set.view());
  (void)connection_.execute(batch_);
}

Result<bool> LongPairs::may_have(const format::Digest& digest) {
  batch_.clear();
  batch_.test(names_.long_index().view(), element_of(digest));
  if (auto executed = connection_.execute(batch_); !executed)
    return tl::unexpected(executed.error());
  return batch_.code(0) == 0;
}

void LongPairs::queue_insert(ipset::Batch& batch, const format::Digest& digest) const {
  batch.add(names_.long_index().view(), element_of(digest), ipset::Existing::kAccept);
}

void LongPairs::queue_erase(ipset::Batch& batch, const format::Digest& digest) const {
  batch.del(names_.long_index().view(), element_of(digest), ipset::Existing::kAccept);
}

}  // namespace ipsetkv::store
