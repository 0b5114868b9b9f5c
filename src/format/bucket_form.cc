// SPDX-License-Identifier: MIT
#include "format/bucket_form.h"

#include <algorithm>
#include <bit>

#include "ipset/protocol.h"

namespace ipsetkv::format {
namespace {

constexpr std::size_t kFewest = 24;
constexpr double kNanosecondsForKey = 280;
/// The writes that are assumed for each read. A write has only to find the bucket.
constexpr double kWritesForRead = 2;

/// The kernel's time to find one of so many sets. On average it compares with half of them.
double nanoseconds_to_find(double sets) {
  // The names of so many sets stay in the processor's cache.
  constexpr double kSetsInCache = 4096;
  return sets / 2 * (sets <= kSetsInCache ? 4 : 12);
}

constexpr std::uint32_t kMostElements = 0xFFFF'FFFF;

// The kernel's hash buckets take up to twelve elements; four on average leave them room.
constexpr std::size_t kElementsPerSlot = 4;

}  // namespace

std::size_t most_keys(unsigned depth) {
  // A split saves a reader half of the keys, and costs every call the search among more sets.
  const auto sets = static_cast<double>(std::size_t{1} << depth);
  const double cost =
      (1 + kWritesForRead) * (nanoseconds_to_find(2 * sets) - nanoseconds_to_find(sets));
  return std::max(kFewest, static_cast<std::size_t>(2 * cost / kNanosecondsForKey));
}

std::size_t least_keys(unsigned depth) { return depth == 0 ? 0 : most_keys(depth - 1) / 4; }

ipset::CreateOptions bucket_options(BucketNumber bucket) {
  ipset::CreateOptions options;
  options.timeout = 0;
  options.comment = true;
  options.maxelem = kMostElements;
  options.hashsize = std::max(
      ipset::kMinHashSize,
      static_cast<std::uint32_t>(std::bit_ceil(most_keys(depth_of(bucket)) / kElementsPerSlot)));
  return options;
}

ipset::CreateOptions head_options() {
  ipset::CreateOptions options;
  options.comment = true;
  options.hashsize = ipset::kMinHashSize;
  return options;
}

ipset::CreateOptions index_options() {
  ipset::CreateOptions options;
  options.maxelem = kMostElements;
  options.hashsize = ipset::kMinHashSize;
  return options;
}

}  // namespace ipsetkv::format
