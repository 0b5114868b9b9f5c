// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ipsetkv::server {

/// A part of the longest common subsequence that is contiguous in both texts.
struct CommonRun {
  std::size_t in_first;
  std::size_t in_second;
  std::size_t length;
};

/// The longest common subsequence of two texts. Of several, the one that Redis finds: it searches
/// from the end, and steps back in the second text first.
struct LongestCommon {
  std::string text;
  std::vector<CommonRun> runs;  ///< The last one first.
};

/// Takes time and memory in proportion to the product of the lengths; nothing if it would be more
/// than 512 MiB.
[[nodiscard]] std::optional<LongestCommon> longest_common(std::string_view first,
                                                          std::string_view second);

}  // namespace ipsetkv::server
