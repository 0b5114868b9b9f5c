// SPDX-License-Identifier: MIT
#include "server/commands/longest_common.h"

#include <algorithm>
#include <cstdint>

namespace ipsetkv::server {
namespace {

constexpr std::size_t kMostBytes = std::size_t{512} * 1024 * 1024;

/// For each pair of prefixes of the texts, the length of their common subsequence.
class Lengths {
 public:
  Lengths(std::string_view first, std::string_view second)
      : width_(second.size() + 1), lengths_((first.size() + 1) * width_) {
    for (std::size_t i = 1; i <= first.size(); ++i)
      for (std::size_t j = 1; j <= second.size(); ++j)
        lengths_[i * width_ + j] = first[i - 1] == second[j - 1]
                                       ? at(i - 1, j - 1) + 1
                                       : std::max(at(i - 1, j), at(i, j - 1));
  }
  [[nodiscard]] std::uint32_t at(std::size_t i, std::size_t j) const {
    return lengths_[i * width_ + j];
  }

 private:
  std::size_t width_;
  std::vector<std::uint32_t> lengths_;
};

}  // namespace

std::optional<LongestCommon> longest_common(std::string_view first, std::string_view second) {
  if ((first.size() + 1) > kMostBytes / sizeof(std::uint32_t) / (second.size() + 1))
    return std::nullopt;
  const Lengths lengths(first, second);
  LongestCommon common;
  std::size_t i = first.size();
  std::size_t j = second.size();
  bool goes_on = false;  // The last run, by one byte before it.
  while (i > 0 && j > 0) {
    if (first[i - 1] == second[j - 1]) {
      --i;
      --j;
      common.text += first[i];
      if (!goes_on) common.runs.push_back({.in_first = i, .in_second = j, .length = 0});
      common.runs.back() = {.in_first = i, .in_second = j, .length = common.runs.back().length + 1};
      goes_on = true;
    } else {
      if (lengths.at(i - 1, j) > lengths.at(i, j - 1))
        --i;
      else
        --j;
      goes_on = false;
    }
  }
  std::ranges::reverse(common.text);
  return common;
}

}  // namespace ipsetkv::server
