// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>

#include "format/table_name.h"
#include "ipset/create_options.h"

namespace ipsetkv::format {

/// A bucket with more than most_keys is split, one with fewer than least_keys is merged with its
/// neighbour. Both depend on the bucket's depth alone, so each bucket is decided for by itself.
///
/// The kernel finds a bucket in a time proportional to the number of sets, and reads it in a time
/// proportional to its keys (docs/design.md has both numbers). A bucket is split as soon as twice
/// as many sets cost readers and writers together no more than the longer bucket does.
[[nodiscard]] std::size_t most_keys(unsigned depth);
[[nodiscard]] std::size_t least_keys(unsigned depth);

/// The options that a bucket's set is created with. Its hash table has room for all keys of a full
/// bucket: resizing it would take as long as a split.
[[nodiscard]] ipset::CreateOptions bucket_options(BucketNumber bucket);

/// The options of the head, and of the index of long pairs.
[[nodiscard]] ipset::CreateOptions head_options();
[[nodiscard]] ipset::CreateOptions index_options();

}  // namespace ipsetkv::format
