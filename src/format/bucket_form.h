// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>

#include "format/table_name.h"
#include "ipset/create_options.h"

namespace ipsetkv::format {

/// How many keys a bucket holds before it is halved, and below how many it is joined with its
/// neighbour.
///
/// To find a bucket takes the kernel a time for every set before it, and to read it one for every
/// key in it (docs/design.md has both). A bucket is halved where twice as many of them would cost
/// readers and writers together no more: that keeps the sum near the least, and lets every bucket
/// decide for itself, by its depth.
[[nodiscard]] std::size_t most_keys(unsigned depth);
[[nodiscard]] std::size_t least_keys(unsigned depth);

/// What a bucket's set is created with: sized so that it never grows, which would take as long as
/// halving it.
[[nodiscard]] ipset::CreateOptions bucket_options(BucketNumber bucket);

/// The same for the head, and for the index of long pairs.
[[nodiscard]] ipset::CreateOptions head_options();
[[nodiscard]] ipset::CreateOptions index_options();

}  // namespace ipsetkv::format
