// SPDX-License-Identifier: MIT
#include "store/tables/bucket_map.h"

#include <algorithm>

namespace ipsetkv::store {

std::size_t BucketMap::slot_of(const format::Digest& digest) const {
  return format::bucket_at(digest, bits_) - (std::size_t{1} << bits_);
}

void BucketMap::learn(format::BucketNumber bucket) {
  const unsigned depth = format::depth_of(bucket);
  for (; bits_ < depth; ++bits_) {
    std::vector<std::uint8_t> finer(depths_.size() * 2);
    for (std::size_t slot = 0; slot < finer.size(); ++slot) finer[slot] = depths_[slot / 2];
    depths_ = std::move(finer);
  }
  const std::size_t first = (std::size_t{bucket} << (bits_ - depth)) - depths_.size();
  std::fill_n(depths_.begin() + static_cast<std::ptrdiff_t>(first),
              std::size_t{1} << (bits_ - depth), static_cast<std::uint8_t>(depth));
}

void BucketMap::clear() {
  depths_.assign(1, 0);
  bits_ = 0;
}

}  // namespace ipsetkv::store
