// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>

#include "ipset/create_options.h"
#include "store/table_name.h"

namespace ipsetkv::store {

/// How many keys a bucket holds before it is halved, and below how many it is joined with its
/// neighbour.
///
/// Reading a key takes the kernel some 13 ns for every second set, to find the bucket by its name,
/// and some 150 ns for every key in the bucket; so with s buckets of n keys it is fastest where
/// n = s * 13 / (2 * 150). Halving at the n where twice as many buckets are as fast keeps the time
/// near the least, and lets every bucket decide for itself, by its own depth.
[[nodiscard]] std::size_t most_keys(unsigned depth);
[[nodiscard]] std::size_t least_keys(unsigned depth);

/// What a bucket's set is created with: sized so that it never grows, which would take as long as
/// halving it.
[[nodiscard]] ipset::CreateOptions bucket_options(BucketNumber bucket);

}  // namespace ipsetkv::store
