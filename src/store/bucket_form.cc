// SPDX-License-Identifier: MIT
#include "store/bucket_form.h"

#include <algorithm>
#include <bit>

#include "ipset/protocol.h"

namespace ipsetkv::store {
namespace {

constexpr std::size_t kFewest = 8;
constexpr double kNanosecondsForSet = 13;
constexpr double kNanosecondsForKey = 150;

// A bucket of the kernel's table grows to a dozen elements.
constexpr std::size_t kElementsPerSlot = 4;

}  // namespace

std::size_t most_keys(unsigned depth) {
  const auto sets = static_cast<double>(std::size_t{1} << depth);
  const auto keys = static_cast<std::size_t>(sets * kNanosecondsForSet / kNanosecondsForKey);
  return std::max(kFewest, keys);
}

std::size_t least_keys(unsigned depth) { return depth == 0 ? 0 : most_keys(depth - 1) / 4; }

ipset::CreateOptions bucket_options(BucketNumber bucket) {
  ipset::CreateOptions options;
  options.timeout = 0;
  options.comment = true;
  options.maxelem = 0xFFFF'FFFF;
  options.hashsize = std::max(
      ipset::kMinHashSize,
      static_cast<std::uint32_t>(std::bit_ceil(most_keys(depth_of(bucket)) / kElementsPerSlot)));
  return options;
}

}  // namespace ipsetkv::store
